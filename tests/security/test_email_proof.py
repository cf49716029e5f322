"""EMAIL_PROOF=required: only a user whose email is proved withdraws money."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.mutants import Mutant, people
from tests.security.test_forgotten_passwords import assert_refused, forget, reset
from tests.support.back_ends import back_end
from tests.support.mailbox import Mailbox, serving, use_server
from tests.support.people import Person, someone
from wallet_api import config, round_trips
from wallet_api.auth import recovery
from wallet_api.backend_keys.scopes import Scope
from wallet_api.users import service as users

pytestmark = [
    pytest.mark.in_process("the settings are those of the test's process"),
    pytest.mark.usefixtures("within_one_window"),
]

EMAIL = "ada@example.com"


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with serving() as (mailbox, port):
        use_server(monkeypatch, f"smtp://127.0.0.1:{port}", proof="required")
        yield mailbox


@pytest.fixture
def ada(client: FlaskClient, mailbox: Mailbox) -> Person:
    """Has 100.00, and an email that is not proved."""
    ada = someone(client, EMAIL)
    assert ada.deposits(100).status_code == 200
    return ada


def assert_unproved(answer: Any) -> None:
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "email_unproved"


def unproved_withdraws_nothing(ada: Person) -> None:
    assert_unproved(ada.withdraws(1))
    assert_unproved(ada.withdraws(1000))
    assert_unproved(ada.withdraws(1, "a key"))
    assert ada.balance() == 10_000


def test_an_unproved_email_withdraws_nothing_and_leaves_its_key_unused(
    client: FlaskClient, ada: Person
) -> None:
    unproved_withdraws_nothing(ada)

    recovery.prove(EMAIL)

    assert ada.withdraws(1, "a key").status_code == 201
    assert ada.balance() == 9_900


def test_a_commit_that_does_not_ask_for_the_proof_is_seen(
    ada: Person, mutate: Callable[[Mutant], None]
) -> None:
    mutate(people.no_proof_condition)

    with pytest.raises(AssertionError):
        unproved_withdraws_nothing(ada)


def test_no_back_end_withdraws_for_an_unproved_user(client: FlaskClient, ada: Person) -> None:
    shop = back_end(client, Scope.WITHDRAWALS)
    body = {"amount": 1, "destination": "bank-1"}

    answer = client.post("/withdrawals", json=body, headers=shop.headers(ada.id))

    assert_unproved(answer)
    assert ada.balance() == 10_000


def test_the_code_of_the_registration_proves_the_email(
    client: FlaskClient, mailbox: Mailbox
) -> None:
    person = {"firstName": "A", "lastName": "B", "email": EMAIL, "password": "tidal-lantern-42"}
    assert client.post("/auth/register", json=person).status_code == 201
    login = client.post("/auth/login", json={"email": EMAIL, "password": person["password"]})
    ada = Person(users.id_of(EMAIL), client, login.get_json()["token"])
    (code,) = mailbox.codes()

    answer = ada.post("/auth/email/proof", {"code": code})

    assert (answer.status_code, mailbox.recipients) == (200, [EMAIL])
    ada.deposits(1)
    assert ada.withdraws(1).status_code == 201
    assert_refused(ada.post("/auth/email/proof", {"code": code}))


def test_a_user_is_told_whether_the_email_is_proved(client: FlaskClient, ada: Person) -> None:
    def told() -> list[bool]:
        login = {"email": EMAIL, "password": "correct horse battery"}
        renamed = ada.renames("Byron").get_json()
        user = client.post("/auth/login", json=login).get_json()["user"]
        return [each["emailProved"] for each in (ada.get("/auth/me").get_json(), renamed, user)]

    before = told()
    recovery.prove(EMAIL)

    assert (before, told()) == ([False] * 3, [True] * 3)


def test_who_was_here_before_the_setting_asks_for_a_code(ada: Person, mailbox: Mailbox) -> None:
    assert ada.post("/auth/email/proof/request", None).status_code == 202
    (code,) = mailbox.codes()

    assert ada.post("/auth/email/proof", {"code": code}).status_code == 200
    assert ada.withdraws(1).status_code == 201


def test_a_code_proves_the_email_of_its_own_user_alone(
    client: FlaskClient, ada: Person, mailbox: Mailbox
) -> None:
    eve = someone(client, "eve@example.com")
    eve.post("/auth/email/proof/request", None)
    (code,) = mailbox.codes()

    assert_refused(ada.post("/auth/email/proof", {"code": code}))
    assert_unproved(ada.withdraws(1))


def test_a_code_for_a_password_proves_nothing_by_itself(ada: Person) -> None:
    code = recovery.reset_code(EMAIL)

    assert_refused(ada.post("/auth/email/proof", {"code": code}))


def test_a_reset_by_mail_proves_the_email_and_one_by_the_operator_does_not(
    client: FlaskClient, ada: Person, mailbox: Mailbox
) -> None:
    assert reset(client, recovery.reset_code(EMAIL)).status_code == 200
    assert_unproved(ada.logged_in_again.withdraws(1))

    forget(client)
    (code,) = mailbox.codes()
    assert reset(client, code).status_code == 200

    assert ada.logged_in_again.withdraws(1).status_code == 201


def test_an_operator_proves_an_email(app: Flask, ada: Person) -> None:
    run = app.test_cli_runner().invoke(args=["users", "prove", EMAIL])
    nobody = app.test_cli_runner().invoke(args=["users", "prove", "nobody@example.com"])

    assert (run.exit_code, run.stdout) == (0, f"{EMAIL} is proved\n")
    assert (nobody.exit_code, nobody.stderr) == (1, "Error: No such active user.\n")
    assert ada.withdraws(1).status_code == 201


def test_what_moved_before_the_setting_is_answered_to_its_key(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_PROOF", "off")
    config.settings.cache_clear()
    first = ada.withdraws(1, "a key")
    monkeypatch.setenv("EMAIL_PROOF", "required")
    config.settings.cache_clear()

    again = ada.withdraws(1, "a key")

    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_proved_withdrawal_costs_one_round_trip(ada: Person) -> None:
    recovery.prove(EMAIL)
    ada.withdraws(1, "first")

    assert ada.withdraws(1, "second").status_code == 201
    assert round_trips.so_far() == 1
