"""The audit proves that what has left one wallet has arrived in another, or is on its way."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from click.testing import CliRunner
from pymongo.database import Database

from tests.money.audit_books import Audited, audited
from tests.payouts.transfers.sending import go_on, sends
from tests.support.books import sweep_everything
from tests.support.people import Person
from wallet_api.audit import transfer_match
from wallet_api.audit.cli import audit_command
from wallet_api.payouts import at_once
from wallet_api.payouts.at_once import done
from wallet_api.users import service as users

pytestmark = pytest.mark.lengthy

SENT = 3000

Forge = Callable[[Database, ObjectId, Person], None]


@pytest.fixture
def sent(ada: Person, bob: Person) -> ObjectId:
    """A transfer that has arrived."""
    return ObjectId(sends(ada, 30, bob).get_json()["id"])


@pytest.fixture
def back(sent: ObjectId, ada: Person, bob: Person) -> ObjectId:
    """And one that came back."""
    users.set_active("bob@example.com", False)
    came_back = ObjectId(sends(ada, 10, bob).get_json()["id"])
    users.set_active("bob@example.com", True)
    sweep_everything()
    return came_back


def of_transfers(found: Audited) -> list[tuple[str, int]]:
    return [
        (difference["kind"], difference["amountCents"])
        for difference in found.differences
        if difference["kind"].startswith("transfer_")
    ]


def test_what_was_sent_adds_up(back: ObjectId) -> None:
    found = audited("--verify-chain")

    assert found.differences == []
    total = found.summary["totals"]["INR"]
    assert total["transfersOutCents"] == SENT + 1000
    assert total["transfersInCents"] == SENT
    assert total["transfersBackCents"] == 1000
    assert total["transfersUnderWayCents"] == total["differenceCents"] == 0
    text = CliRunner().invoke(audit_command, []).stdout
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert {"- transfers out INR 40.00", "+ transfers in INR 30.00"} <= set(lines)
    assert "(came back) INR 10.00" in lines


def test_what_is_under_way_is_told(
    ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wallet_api.withdrawals.service.at_once.done", lambda _, receipt: receipt)
    sends(ada, 30, bob)
    sweep_everything()

    under_way = audited()
    monkeypatch.setattr(at_once, "done", done)
    assert go_on() == 0, "it is left to its request for a second"

    assert under_way.differences == []
    assert under_way.summary["totals"]["INR"]["transfersUnderWayCents"] == SENT


def test_one_that_waits_in_an_outbox_has_arrived(sent: ObjectId, db: Database, bob: Person) -> None:
    assert db.ledger_entries.count_documents({"user": bob.id}) == 0

    assert audited().differences == []


def without_its_departure(db: Database, sent: ObjectId, bob: Person) -> None:
    db.withdrawals.delete_one({"_id": sent})


def of_another_amount(db: Database, sent: ObjectId, bob: Person) -> None:
    db.ledger_entries.update_one({"user": bob.id}, {"$set": {"amountCents": 9000}})


def of_another_sender(db: Database, sent: ObjectId, bob: Person) -> None:
    db.ledger_entries.update_one({"user": bob.id}, {"$set": {"counterpart": ObjectId()}})


def of_another_withdrawal(db: Database, sent: ObjectId, bob: Person) -> None:
    record: dict[str, Any] = db.withdrawals.find_one({"_id": sent}) or {}
    record["_id"] = ObjectId()
    db.withdrawals.insert_one(record)
    db.ledger_entries.update_one({"user": bob.id}, {"$set": {"withdrawal": record["_id"]}})


def to_somebody_else(db: Database, sent: ObjectId, bob: Person) -> None:
    db.withdrawals.update_one({"_id": sent}, {"$set": {"destination": f"wallet:{ObjectId()}"}})


def with_its_money_back(db: Database, sent: ObjectId, bob: Person) -> None:
    db.withdrawals.update_one({"_id": sent}, {"$set": {"status": "failed", "refund": "paid"}})


def never_arrived(db: Database, sent: ObjectId, bob: Person) -> None:
    db.ledger_entries.delete_one({"user": bob.id})


FORGERIES: dict[Forge, set[str]] = {
    without_its_departure: {"transfer_unfounded"},
    of_another_amount: {"transfer_differs"},
    of_another_sender: {"transfer_differs"},
    of_another_withdrawal: {"transfer_differs", "transfer_missing"},
    to_somebody_else: {"transfer_differs", "transfer_missing"},
    with_its_money_back: {"transfer_twice"},
    never_arrived: {"transfer_missing"},
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_what_one_side_says_alone_is_a_difference(
    sent: ObjectId, back: ObjectId, bob: Person, db: Database, forge: Forge
) -> None:
    forge(db, sent, bob)

    assert {kind for kind, _ in of_transfers(audited())} == FORGERIES[forge]


@pytest.mark.usefixtures("back")
def test_many_are_compared_some_at_a_time(
    sent: ObjectId, ada: Person, bob: Person, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_match, "BATCH", 2)
    for _ in range(5):
        sends(ada, 1, bob)
        sends(bob, 1, ada)
    sweep_everything()

    assert audited().differences == []
    db.withdrawals.update_many(
        {"user": ada.id, "status": "success"}, {"$set": {"destination": f"wallet:{ObjectId()}"}}
    )
    assert len([each for each in of_transfers(audited()) if each[0] == "transfer_missing"]) == 6


@pytest.mark.parametrize("whose", ["the sender's", "the recipient's"])
def test_the_counterpart_is_signed(
    back: ObjectId, ada: Person, bob: Person, db: Database, whose: str
) -> None:
    user = ada.id if whose == "the sender's" else bob.id
    forged = db.ledger_entries.update_one(
        {"user": user, "counterpart": {"$exists": True}}, {"$set": {"counterpart": ObjectId()}}
    )

    assert forged.modified_count == 1
    assert "entry_changed" in audited("--verify-chain").kinds()
