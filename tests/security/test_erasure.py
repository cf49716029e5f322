"""`flask erase EMAIL` leaves nothing of a person but what the books need; no money moves."""

from itertools import count
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.support.books import assert_books_balance, entries_of, withdrawals_of
from tests.support.interleaving import crashing, held_before
from tests.support.people import Person
from wallet_api import errors
from wallet_api.auth import service as auth
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import Order, post
from wallet_api.users import service as users
from wallet_api.withdrawals import reversal

EMAIL = "ada.lovelace@example.com"
ADA = {
    "firstName": "Augusta",
    "lastName": "Lovelace",
    "email": EMAIL,
    "password": "correct horse battery",
}
LOGIN = {"email": EMAIL, "password": ADA["password"]}
PERSONAL = ("Augusta", "Lovelace", "lovelace", "argon2", "192.0.2.7", "Countess")


@pytest.fixture
def ada(client: FlaskClient, db: Database) -> Person:
    """Has logged in, rightly and wrongly, and has 70.00 left of 100.00."""
    registered = client.post("/auth/register", json=ADA).get_json()
    client.post("/auth/login", json=LOGIN | {"password": "a wrong one"})
    token = client.post("/auth/login", json=LOGIN).get_json()["token"]
    person = Person(ObjectId(registered["userId"]), client, token)
    # As another system may have left its users.
    db.users.update_one({"_id": person.id}, {"$set": {"title": "Countess", "__v": 3}})
    assert person.deposits(100, "salary").status_code == 200
    assert person.withdraws(30, "rent", destination="bank-account-0001").status_code == 201
    return person


def flask_erase(app: Flask, *arguments: str, answer: str | None = None) -> Any:
    return app.test_cli_runner().invoke(args=["erase", *arguments], input=answer)


def whole(db: Database) -> str:
    """Everything in the database, as text."""
    return repr({name: list(db[name].find()) for name in db.list_collection_names()})


def test_nothing_of_the_person_is_left(app: Flask, ada: Person, db: Database) -> None:
    before = whole(db)

    erased = flask_erase(app, EMAIL, "--yes")

    assert erased.exit_code == 0
    assert all(each in before for each in PERSONAL if each != "192.0.2.7")
    after = whole(db)
    assert [each for each in PERSONAL if each in after] == []
    logins = (db.loginTries, db.knownAddresses, db.sessions)
    assert [left.count_documents({}) for left in logins] == [0, 0, 0]
    (user,) = db.users.find()
    assert user.keys() == {
        *("_id", "firstName", "lastName", "email", "password", "currency", "isActive"),
        *("activeChanges", "createdAt", "erasedAt", "schemaVersion"),
    }


def test_the_books_stay_and_add_up(app: Flask, ada: Person) -> None:
    flask_erase(app, EMAIL, "--yes")

    assert_books_balance(ada.id)
    assert [entry["amountCents"] for entry in entries_of(ada.id)] == [10_000, -3_000]
    (withdrawal,) = withdrawals_of(ada.id)
    assert withdrawal["destination"] == "bank-account-0001"
    audit = app.test_cli_runner().invoke(args=["audit", "--verify-chain"])
    assert (audit.exit_code, "Every cent adds up" in audit.output) == (0, True)


ASKED = [
    ("GET", "/wallets", None),
    ("GET", "/wallets/balance?at=2020-01-01", None),
    ("GET", "/wallets/statement", None),
    ("GET", "/wallets/transactions", None),
    ("GET", "/withdrawals", None),
    ("POST", "/wallets/deposit", {"amount": 1}),
    ("POST", "/withdrawals", {"amount": 1, "destination": "bank-1"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ASKED, ids=lambda value: str(value)[:40])
def test_a_token_of_the_person_is_refused(
    app: Flask, ada: Person, method: str, path: str, body: dict[str, Any] | None
) -> None:
    def ask() -> int:
        return ada.client.open(path, method=method, json=body, headers=ada.headers()).status_code

    before = ask()
    flask_erase(app, EMAIL, "--yes")

    assert before < 300
    assert ask() == 401
    assert Wallet.objects.get(user=ada.id).balance_cents in (7_000, 7_100, 6_900)


def test_a_key_of_the_person_is_answered_no_more(app: Flask, ada: Person) -> None:
    flask_erase(app, EMAIL, "--yes")

    assert ada.withdraws(30, "rent", destination="bank-account-0001").status_code == 401


def test_the_email_can_be_registered_again_by_somebody_who_inherits_nothing(
    app: Flask, client: FlaskClient, ada: Person
) -> None:
    flask_erase(app, EMAIL, "--yes")

    refused = client.post("/auth/login", json=LOGIN)
    registered = client.post("/auth/register", json=ADA | {"password": "another long secret"})
    token = client.post("/auth/login", json=LOGIN | {"password": "another long secret"})

    assert (refused.status_code, registered.status_code, token.status_code) == (401, 201, 200)
    other = ObjectId(registered.get_json()["userId"])
    assert other != ada.id
    assert Person(other, client, token.get_json()["token"]).balance() == 0
    assert ada.get("/wallets").status_code == 401


def test_nobody_lets_the_person_in_again(app: Flask, ada: Person) -> None:
    flask_erase(app, EMAIL, "--yes")

    activated = app.test_cli_runner().invoke(args=["activate", EMAIL])

    assert (activated.exit_code, "No such user." in activated.output) == (1, True)


@pytest.mark.usefixtures("interposed")
def test_an_activation_that_interleaves_lets_nobody_in(client: FlaskClient) -> None:
    for n in count(1):
        email = f"person-{n}@example.com"
        user = users.register("A", "Person", email, "correct horse battery")

        def activate(email: str = email) -> None:
            users.set_active(email, True)

        def erase(email: str = email) -> None:
            auth.erase(email)

        if not held_before(n, activate, erase):
            break

        assert not User.objects.get(id=user).is_active, n
        assert not Wallet.objects.get(user=user).active, n
        assert User.objects.get(id=user).first_name == "erased"
    assert n == 5


@pytest.mark.usefixtures("interposed")
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after it"])
def test_after_a_crash_the_command_repeated_ends_the_erasure(
    client: FlaskClient, db: Database, after: bool
) -> None:
    for n in count(1):
        email = f"lovelace-{n}@example.com"
        user = users.register("Augusta", "Lovelace", email, "correct horse battery")

        def erase(email: str = email) -> None:
            auth.erase(email)

        client.post("/auth/login", json={"email": email, "password": "correct horse battery"})
        if not crashing(n, after=after, action=erase):
            break
        try:
            erase()
        except errors.NotFound:
            assert User.objects.get(id=user).first_name == "erased", "it was done"

        assert [each for each in PERSONAL if each in whole(db)] == []
        assert not Wallet.objects.get(user=user).active
        logins = (db.loginTries, db.knownAddresses, db.sessions)
        assert [left.count_documents({}) for left in logins] == [0, 0, 0]
    assert n == 14


def test_a_second_erasure_finds_nobody_and_changes_nothing(
    app: Flask, ada: Person, db: Database
) -> None:
    flask_erase(app, EMAIL, "--yes")
    before = whole(db)

    again = flask_erase(app, EMAIL, "--yes")

    assert (again.exit_code, again.output) == (1, "Error: No such user.\n")
    assert whole(db) == before


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("\n", 1), (None, 1), ("y\n", 0)])
def test_without_yes_the_operator_is_asked_and_told_what_is_at_stake(
    app: Flask, ada: Person, db: Database, answer: str | None, code: int
) -> None:
    before = whole(db)

    asked = flask_erase(app, EMAIL, answer=answer)

    assert f"{EMAIL} is user {ada.id}, whose wallet holds INR 70.00." in asked.output
    assert asked.exit_code == code
    assert (whole(db) == before) is bool(code)


def test_the_operator_may_still_put_the_books_right(app: Flask, ada: Person) -> None:
    """The money of a withdrawal may come back after the erasure."""
    (withdrawal,) = ada.get("/withdrawals").get_json()["data"]
    flask_erase(app, EMAIL, "--yes")

    reversal.reverse(withdrawal["id"], "the account was closed")

    assert Wallet.objects.get(user=ada.id).balance_cents == 10_000
    assert_books_balance(ada.id)
    with pytest.raises(errors.Unauthenticated):
        post(Order(ada.id, MovementKind.WITHDRAWAL, -1, "INR", None, "bank-1"))


def test_a_migration_leaves_the_erased_alone(app: Flask, ada: Person, db: Database) -> None:
    flask_erase(app, EMAIL, "--yes")
    before = list(db.users.find())

    migrated = app.test_cli_runner().invoke(args=["migrate"])

    assert migrated.exit_code == 0, migrated.output
    assert list(db.users.find()) == before
