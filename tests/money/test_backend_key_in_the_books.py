"""The books say which back end asked for a movement, and nobody can change it unseen."""

from typing import Any

import pytest
from bson import ObjectId
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.money.audit_books import audited
from tests.support.back_ends import BackEnd, back_end
from tests.support.books import assert_books_balance, sweep_everything
from tests.support.people import Person


@pytest.fixture
def shop(client: FlaskClient) -> BackEnd:
    return back_end(client, name="shop")


def asked_by(db: Database, collection: str, user: ObjectId) -> list[Any]:
    found = db[collection].find({"user": user}).sort("_id", 1)
    return [each.get("backendKey") for each in found]


@pytest.mark.usefixtures("both_commits")
def test_entries_withdrawals_and_refusals_name_the_key(
    shop: BackEnd, alice: Person, db: Database
) -> None:
    shop.deposits(alice.id, 100)
    alice.withdraws(1)
    shop.withdraws(alice.id, 1)
    shop.withdraws(alice.id, 1000)
    sweep_everything()

    assert asked_by(db, "ledger_entries", alice.id) == ["shop", None, "shop"]
    assert asked_by(db, "withdrawals", alice.id) == [None, "shop", "shop"]
    assert_books_balance(alice.id)


def test_a_user_is_not_told_the_name_of_the_key(shop: BackEnd, alice: Person) -> None:
    answers = [shop.deposits(alice.id, 100), shop.withdraws(alice.id, 1)]
    paths = ("/wallets/transactions", "/withdrawals", "/wallets/statement")

    shown = [*answers, *(alice.get(path) for path in paths)]

    assert [answer for answer in shown if "shop" in answer.get_data(as_text=True)] == []


@pytest.mark.parametrize(
    "change", [{"$set": {"backendKey": "other"}}, {"$unset": {"backendKey": 1}}]
)
@pytest.mark.parametrize("n", [0, 1, 2], ids=["deposit", "withdrawal", "refusal"])
def test_a_forged_name_is_found(
    shop: BackEnd, alice: Person, db: Database, change: dict[str, Any], n: int
) -> None:
    shop.deposits(alice.id, 100)
    shop.withdraws(alice.id, 1)
    shop.withdraws(alice.id, 1000)
    sweep_everything()
    entries = list(db.ledger_entries.find().sort("_id", 1))
    refused = db.withdrawals.find_one({"status": "failed"})
    assert refused is not None
    assert audited("--verify-chain").exit_code == 0
    forged = [entries[0], entries[1], refused][n]["_id"]

    for collection in (db.ledger_entries, db.withdrawals):
        collection.update_one({"_id": forged}, change)

    assert audited("--verify-chain").exit_code == 1


def test_a_withdrawal_that_names_another_key_than_its_entry_is_found(
    shop: BackEnd, alice: Person, db: Database
) -> None:
    shop.deposits(alice.id, 100)
    shop.withdraws(alice.id, 1)
    sweep_everything()
    assert audited().exit_code == 0

    db.withdrawals.update_one({}, {"$set": {"backendKey": "other"}})

    assert audited().exit_code == 1


@pytest.mark.parametrize("copied", [False, True], ids=["in the outbox", "copied"])
def test_one_key_of_the_user_and_of_the_back_end_is_one_movement(
    shop: BackEnd, alice: Person, db: Database, copied: bool
) -> None:
    shop.deposits(alice.id, 100, "in")
    first = shop.withdraws(alice.id, 1, "k")
    if copied:
        sweep_everything()

    again = alice.withdraws(1, "k")
    deposited_again = alice.deposits(100, "in")

    assert again.headers["Idempotent-Replayed"] == deposited_again.headers["Idempotent-Replayed"]
    assert again.get_json() == first.get_json()
    assert alice.balance() == 9900
    sweep_everything()
    assert asked_by(db, "withdrawals", alice.id) == ["shop"], "who asked first"


def test_one_key_for_another_withdrawal_is_refused_whoever_sends_it(
    shop: BackEnd, alice: Person
) -> None:
    alice.deposits(100)
    alice.withdraws(1, "k")

    answer = shop.withdraws(alice.id, 2, "k")

    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")
    assert alice.balance() == 9900
