"""A guess tells nothing but that it was wrong, and only so many are looked at."""

from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from mongoengine import Document
from werkzeug.test import TestResponse

from tests.security.guesses import (
    PASSWORD,
    answers_of,
    guess,
    log_in_from,
    registered,
    reserve,
    throttled_at,
)
from wallet_api import errors
from wallet_api.auth import service as auth
from wallet_api.auth.digests import keyed_digest
from wallet_api.config import settings
from wallet_api.documents.address_attempts import AddressAttempts
from wallet_api.documents.known_addresses import KnownAddresses
from wallet_api.documents.login_attempts import LoginAttempts
from wallet_api.users import service as users

pytestmark = pytest.mark.usefixtures("app", "within_one_window")


def log_in(
    client: FlaskClient, email: str = "ada@example.com", password: str = PASSWORD
) -> TestResponse:
    return client.post("/auth/login", json={"email": email, "password": password})


def test_an_unknown_email_a_wrong_password_and_a_deactivated_user_get_one_answer(
    client: FlaskClient,
) -> None:
    registered()
    registered("gone@example.com")
    users.set_active("gone@example.com", False)

    answers = [
        log_in(client, "nobody@example.com"),
        log_in(client, password="wrong"),
        log_in(client, password=""),
        log_in(client, password="\ud800"),
        log_in(client, "gone@example.com"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    bodies = [answer.get_json() | {"requestId": None} for answer in answers]
    assert bodies == [bodies[0]] * len(bodies)


@pytest.mark.in_process("the hashes of the test's own process are counted")
def test_every_refused_login_does_the_work_of_one_hash(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered()
    registered("gone@example.com")
    users.set_active("gone@example.com", False)
    runs: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, password_hash: str, password: bytes) -> bool:
        runs.append("$".join(password_hash.split("$")[:-2]))
        return verify(hasher, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    log_in(client, "nobody@example.com")
    log_in(client, password="wrong")
    log_in(client, "gone@example.com")

    memory, times, lanes = (
        settings().argon2_memory_kib,
        settings().argon2_time_cost,
        settings().argon2_parallelism,
    )
    assert runs == [f"$argon2id$v=19$m={memory},t={times},p={lanes}"] * 3


@pytest.mark.in_process("a setting changes in the process of the test")
@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_too_many_wrong_passwords_shut_the_door_known_or_not(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    registered()
    throttled_at(monkeypatch, 3)

    answers = [log_in(client, email, "wrong") for _ in range(4)]
    right = log_in(client, email.upper())

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert right.status_code == 429
    assert 1 <= int(right.headers["Retry-After"]) <= settings().login_window_seconds


@pytest.mark.in_process("a setting changes in the process of the test")
def test_a_login_forgets_the_wrong_passwords_before_it(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered()
    throttled_at(monkeypatch, 3)

    for _ in range(3):
        answers = [log_in(client, password="wrong"), log_in(client, password="wrong")]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert log_in(client).status_code == 200


def test_another_address_and_another_email_have_tries_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    throttled_at(monkeypatch, 1)

    reserve("ada@example.com", "192.0.2.1")
    reserve("ada@example.com", "192.0.2.2")
    reserve("eve@example.com", "192.0.2.1")

    with pytest.raises(errors.TooManyTries):
        reserve("ada@example.com", "192.0.2.1")


def test_many_addresses_together_have_ten_times_the_tries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    throttled_at(monkeypatch, 2)

    outcomes = answers_of(40, lambda number: reserve("ada@example.com", f"192.0.2.{number}"))

    assert outcomes == {"Try": 20, "TooManyTries": 20}


def test_100_guesses_at_once_do_not_pass_the_limit() -> None:
    limit = settings().login_tries

    outcomes = answers_of(
        100, lambda number: auth.log_in("nobody@example.com", "wrong", "192.0.2.1")
    )

    assert outcomes == {"InvalidCredentials": limit, "TooManyTries": 100 - limit}


def test_30_right_logins_at_once_are_no_guesses(app: Flask) -> None:
    registered()

    def log_in_there(_: int) -> object:
        with app.app_context():
            return auth.log_in("ada@example.com", PASSWORD, "192.0.2.1")

    assert answers_of(30, log_in_there) == {"Login": 30}


@pytest.mark.parametrize("kind", [LoginAttempts, AddressAttempts, KnownAddresses])
def test_what_is_counted_holds_no_email_and_no_address_and_is_forgotten_in_time(
    app: Flask, kind: type[Document]
) -> None:
    # Of letters that no hexadecimal digest has by chance.
    registered("zorro@example.com")
    log_in_from(app, "192.0.2.1", "zorro@example.com")
    guess("zorro@example.com", "192.0.2.2")

    stored = list(kind._get_collection().find())
    indexes = kind._get_collection().index_information().values()

    assert stored != []
    assert "zorro" not in str(stored)
    assert "192.0" not in str(stored)
    assert all("expiresAt" in document for document in stored)
    assert [index["key"] for index in indexes if index.get("expireAfterSeconds") == 0] == [
        [("expiresAt", 1)]
    ]


def test_another_secret_gives_other_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has stolen the database cannot find an email by trying."""
    before = keyed_digest("tries of an email", "ada@example.com")

    other = replace(settings(), jwt_secret_key="another secret of at least 32 bytes")
    monkeypatch.setattr("wallet_api.auth.digests.settings", lambda: other)

    assert keyed_digest("tries of an email", "ada@example.com") != before
