"""A guess tells nothing but that it was wrong, and only so many are looked at."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from bson import ObjectId
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from wallet_api import clock, errors
from wallet_api.auth import service as auth
from wallet_api.auth import throttle
from wallet_api.config import settings
from wallet_api.documents.login_attempts import LoginAttempts
from wallet_api.users import passwords
from wallet_api.users import service as users

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _on_a_fresh_database(app: Flask) -> None:
    """Everything here needs one, the calls of services too."""


@pytest.fixture(autouse=True)
def _within_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a limit on tries would start anew in the midst of a test, once in a while."""
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)


def registered(email: str = "ada@example.com") -> ObjectId:
    return users.register("Ada", "Lovelace", email, PASSWORD)


def log_in(
    client: FlaskClient, email: str = "ada@example.com", password: str = PASSWORD
) -> TestResponse:
    return client.post("/auth/login", json={"email": email, "password": password})


def answers_of(times: int, call: Callable[[int], object]) -> Counter[str]:
    """What so many calls at once come to: the names of what they return or raise."""

    def outcome(number: int) -> str:
        try:
            return type(call(number)).__name__
        except errors.Refusal as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(times) as threads:
        return Counter(threads.map(outcome, range(times)))


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


def test_every_refused_login_does_the_work_of_one_hash(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered()
    registered("gone@example.com")
    users.set_active("gone@example.com", False)
    runs: list[str] = []
    hasher = passwords._hasher()

    class Counted:
        def verify(self, password_hash: str, password: bytes) -> bool:
            runs.append("$".join(password_hash.split("$")[:-2]))
            return hasher.verify(password_hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counted)
    log_in(client, "nobody@example.com")
    log_in(client, password="wrong")
    log_in(client, "gone@example.com")

    memory, times, lanes = (
        settings().argon2_memory_kib,
        settings().argon2_time_cost,
        settings().argon2_parallelism,
    )
    assert runs == [f"$argon2id$v=19$m={memory},t={times},p={lanes}"] * 3


def throttled_at(monkeypatch: pytest.MonkeyPatch, tries: int) -> None:
    fewer = replace(settings(), login_tries=tries)
    monkeypatch.setattr(throttle, "settings", lambda: fewer)


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

    throttle.reserve_try("ada@example.com", "192.0.2.1")
    throttle.reserve_try("ada@example.com", "192.0.2.2")
    throttle.reserve_try("eve@example.com", "192.0.2.1")

    with pytest.raises(errors.TooManyTries):
        throttle.reserve_try("ada@example.com", "192.0.2.1")


def test_many_addresses_together_have_ten_times_the_tries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    throttled_at(monkeypatch, 2)

    outcomes = answers_of(
        40, lambda number: throttle.reserve_try("ada@example.com", f"192.0.2.{number}")
    )

    assert outcomes == {"NoneType": 20, "TooManyTries": 20}


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


def test_the_tries_keep_no_email_and_are_forgotten_in_time() -> None:
    # Of letters that no hexadecimal digest has by chance.
    throttle.reserve_try("zorro@example.com", "192.0.2.1")

    stored = LoginAttempts._get_collection().find_one()
    indexes = LoginAttempts._get_collection().index_information().values()

    assert stored is not None
    assert "zorro" not in str(stored)
    assert "192.0" not in str(stored)
    assert [index["key"] for index in indexes if index.get("expireAfterSeconds") == 0] == [
        [("expiresAt", 1)]
    ]
