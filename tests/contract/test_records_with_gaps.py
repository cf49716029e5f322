"""A record that lacks a member, or has one too many, is shown without it, and so are those beside.

Older code and other systems have written records, and nothing that was stored is an error later.
"""

from typing import Any

import pytest
from bson import ObjectId
from pymongo.database import Database

from tests.support.people import Person
from wallet_api.movements.relay.copy import copy_outbox

OF_A_WITHDRAWAL = {
    "status": "status",
    "amountCents": "amountCents",
    "currency": "currency",
    "destination": "destination",
    "createdAt": "createdAt",
    "idempotencyKey": "idempotencyKey",
    "schemaVersion": None,
}
"""Members in MongoDB, and as they are called in answers."""

OF_AN_ENTRY = {
    "withdrawal": "withdrawalId",
    "balanceAfterCents": "balanceAfterCents",
    "amountCents": "amountCents",
    "type": "type",
    "schemaVersion": None,
}


@pytest.fixture
def withdrawal(alice: Person) -> dict[str, Any]:
    alice.deposits(100)
    made = alice.withdraws(1, "k").get_json()
    copy_outbox(alice.id)
    return alice.get(f"/withdrawals/{made['id']}").get_json()


def without(members: dict[str, Any], name: str | None) -> dict[str, Any]:
    return {each: value for each, value in members.items() if each != name}


@pytest.mark.parametrize("change", ["$unset", "$set"])
@pytest.mark.parametrize(("member", "name"), OF_A_WITHDRAWAL.items())
def test_a_withdrawal_is_shown_without_what_it_lacks(
    alice: Person,
    db: Database,
    withdrawal: dict[str, Any],
    member: str,
    name: str | None,
    change: str,
) -> None:
    db.withdrawals.update_one({"_id": ObjectId(withdrawal["id"])}, {change: {member: None}})

    shown = alice.get(f"/withdrawals/{withdrawal['id']}").get_json()
    listed = alice.get("/withdrawals").get_json()["data"]

    assert shown == without(withdrawal, name)
    assert listed == [shown]


def test_a_withdrawal_without_a_history_has_an_empty_one(
    alice: Person, db: Database, withdrawal: dict[str, Any]
) -> None:
    db.withdrawals.update_many({}, {"$unset": {"history": 1}})

    assert alice.get("/withdrawals").get_json()["data"] == [withdrawal | {"history": []}]


@pytest.mark.parametrize("form", ["/wallets/transactions", "/wallets/statement"])
@pytest.mark.parametrize(("member", "name"), OF_AN_ENTRY.items())
def test_an_entry_is_shown_without_what_it_lacks(
    alice: Person,
    db: Database,
    withdrawal: dict[str, Any],
    member: str,
    name: str | None,
    form: str,
) -> None:
    whole = entry(alice, form, withdrawal["id"])
    db.ledger_entries.update_one({"_id": ObjectId(withdrawal["id"])}, {"$unset": {member: 1}})

    shown = entry(alice, form, withdrawal["id"])

    # What its withdrawal's record adds is missing with its withdrawal, or its type.
    added = {"withdrawal": ("destination", "idempotencyKey"), "type": ("idempotencyKey",)}
    for each in (name, *added.get(member, ())):
        whole = without(whole, each)
    assert shown == whole


@pytest.mark.parametrize("path", ["/withdrawals", "/wallets/transactions", "/wallets/statement"])
def test_a_member_of_another_system_is_not_shown(
    alice: Person, db: Database, withdrawal: dict[str, Any], path: str
) -> None:
    before = told(alice, path)
    for name in ("withdrawals", "ledger_entries"):
        db[name].update_many({}, {"$set": {"__v": 0}})

    assert told(alice, path) == before


def told(person: Person, path: str) -> list[dict[str, Any]]:
    answer = person.get(path).get_json()
    return answer["data"] if "data" in answer else answer["entries"]


def entry(person: Person, path: str, identifier: str) -> dict[str, Any]:
    (found,) = (each for each in told(person, path) if each["id"] == identifier)
    return found
