"""Whatever a record holds, a list says to the byte what MongoEngine and marshmallow make of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from bson import Int64, ObjectId
from marshmallow import Schema
from pymongo.database import Database

from tests.mutants import Mutant, lists
from tests.support.people import Person
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.ledger.schemas import LedgerEntryPage, LedgerEntryView
from wallet_api.web.compiled_dump import json_writer
from wallet_api.withdrawals.schemas import WithdrawalPage, WithdrawalView

AT = datetime(2026, 2, 24, 12, 34, 56, 789000, UTC)
SOON = AT + timedelta(milliseconds=211)

DEBIT = {
    "amountCents": 5025,
    "currency": "INR",
    "destination": "bank-account-0001",
    "status": "success",
    "balanceAfterCents": 5025,
    "history": [{"status": "success", "at": AT}],
    "createdAt": AT,
    "schemaVersion": 1,
}
SENT = {"reference": "r-1", "at": AT, "lastAt": SOON, "fence": ObjectId(), "mayBeTaken": True}
BEGUN = [{"status": "pending", "at": AT}, {"status": "processing", "at": SOON}]
PAYOUT = DEBIT | {
    "gateway": "http",
    "dueAt": SOON,
    "fence": ObjectId(),
    "tries": 2,
    "status": "processing",
    "history": BEGUN,
    "attempts": [SENT, SENT | {"reference": "r-2", "spent": True}],
    "gatewayReference": "pout_1",
    "gatewayState": {"x": 1},
    "told": {"verdict": "paid", "at": SOON},
}
FAILED = PAYOUT | {
    "status": "failed",
    "history": [*BEGUN, {"status": "failed", "at": SOON, "reason": "an operator's"}],
    "failureReason": "declined",
    "refund": "paid",
    "refundedAt": SOON,
    "statusDetails": {"reason": "closed", "source": "bank", "description": "closed \u00e9"},
}
REFUSED = DEBIT | {
    "status": "failed",
    "history": [{"status": "failed", "at": AT}],
    "failureReason": "limit_exceeded",
    "exceeded": {"limit": "day", "leftCents": Int64(5), "renewsAt": SOON},
    "limitDay": "2026-02-24",
    "newDestination": True,
    "refusal": 1,
    "bookedAt": AT,
    "digestVersion": 2,
}
WITHDRAWALS: dict[str, dict[str, Any]] = {
    "with a key": DEBIT | {"idempotencyKey": "withdrawal:a, b", "backendKey": "shop"},
    "being paid": PAYOUT,
    "failed": FAILED,
    "failed, of few words": FAILED | {"statusDetails": {"source": None}},
    "come back": FAILED | {"failureReason": "returned", "reversedAt": SOON, "trace": "UTR1"},
    "refused": REFUSED,
    "a transfer": DEBIT | {"destination": f"wallet:{ObjectId()}", "gateway": "wallet"},
    "moved in": DEBIT | {"movedInAt": SOON, "__v": 0, "updatedAt": SOON},
    "of any text": DEBIT | {"destination": 'a"\\\b\x1f\x7f\u2028</script>\U0001f600\u00e9'},
    "large": DEBIT | {"amountCents": Int64(9 * 10**15)},
    "long ago": DEBIT | {"createdAt": datetime(1, 1, 1, tzinfo=UTC)},
    "far off": DEBIT | {"createdAt": datetime(9999, 12, 31, 23, 59, 59, 999000, UTC)},
    "of the user alone": {},
    "null": dict.fromkeys([*FAILED, "reversedAt", "idempotencyKey"]),
    "of empty lists": FAILED | {"history": [], "attempts": []},
    "of empty documents": FAILED | {"history": [{}], "attempts": [{}], "statusDetails": {}},
    "of other types": DEBIT | {"amountCents": 12.0, "currency": 7, "idempotencyKey": True},
}

BOOKED = {
    "amountCents": -5025,
    "currency": "INR",
    "balanceAfterCents": Int64(9 * 10**12),
    "at": AT,
    "bookedAt": AT,
    "previousHash": bytes(32),
    "hash": bytes(32),
    "schemaVersion": 1,
}
DEPOSIT = BOOKED | {"type": "deposit", "amountCents": 100}
SIGNED = {"digestVersion": 2, "destination": "bank \u00e9", "withdrawalKey": "withdrawal:k:1"}
RECORD = DEBIT | {"destination": "bank \u00e9", "idempotencyKey": "k:1"}
ENTRIES: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "a deposit": (DEPOSIT, None),
    "a deposit with a key": (DEPOSIT | {"idempotencyKey": "deposit:deposit:x"}, None),
    "a withdrawal": (BOOKED | SIGNED | {"type": "withdrawal"}, RECORD),
    "a withdrawal of older code": (BOOKED | {"type": "withdrawal"}, RECORD),
    "a withdrawal of older code without a key": (BOOKED | {"type": "withdrawal"}, DEBIT),
    "sent": (BOOKED | SIGNED | {"type": "transfer_out", "counterpart": ObjectId()}, RECORD),
    "received": (DEPOSIT | {"type": "transfer_in", "counterpart": ObjectId()}, RECORD),
    "a refund": (DEPOSIT | {"type": "refund", "idempotencyKey": "refund:1", "reason": "x"}, FAILED),
    "an adjustment": (BOOKED | {"type": "adjustment", "reason": "a \u2028 fee"}, None),
    "of no type": (BOOKED, RECORD),
    "of other types": (DEPOSIT | {"amountCents": 12.0, "reason": 7, "counterpart": "x"}, None),
    "null": (dict.fromkeys(BOOKED) | {"bookedAt": AT}, None),
}
"""Each with the record of its withdrawal."""


@pytest.fixture
def withdrawals(alice: Person, db: Database) -> None:
    db.withdrawals.insert_many([{"user": alice.id, **each} for each in WITHDRAWALS.values()])


@pytest.fixture
def entries(alice: Person, db: Database) -> None:
    for sequence, (entry, record) in enumerate(ENTRIES.values(), 1):
        booked = {"user": alice.id, "sequence": sequence} | numbered(entry, sequence)
        if record is not None:
            booked["withdrawal"] = ObjectId()
            owner = ObjectId() if entry.get("type") == "transfer_in" else alice.id
            named = {"_id": booked["withdrawal"], "user": owner}
            db.withdrawals.insert_one(numbered(record, sequence) | named)
        db.ledger_entries.insert_one(booked)


def numbered(document: dict[str, Any], number: int) -> dict[str, Any]:
    """With keys that no other document has."""
    keys = {"idempotencyKey", "withdrawalKey"} & document.keys()
    return document | {key: f"{document[key]}-{number}" for key in keys}


def by_marshmallow(schema: Schema, source: Any, in_ascii: bool = False) -> bytes:
    dumped = schema.dump(source)
    return json.dumps(dumped, separators=(",", ":"), ensure_ascii=in_ascii).encode()


def whole(withdrawal: Withdrawal) -> SimpleNamespace:
    """A withdrawal that nobody has tried to pay out is shown without attempts."""
    shown = {name: getattr(withdrawal, name) for name in WithdrawalView().fields}
    return SimpleNamespace(**shown | {"attempts": withdrawal.attempts or None})


def described(entry: LedgerEntry) -> SimpleNamespace:
    """By the record of its withdrawal, unless that is another user's."""
    record = Withdrawal.objects(id=entry.withdrawal, user=entry.user).first()
    members = {name: getattr(entry, name) for name in entry if name != "destination"}
    key = (entry.idempotency_key or "").partition(":")[2] if entry.type == "deposit" else None
    if entry.type in ("withdrawal", "transfer_out"):
        key = record.idempotency_key
    where = record.destination if record is not None else None
    return SimpleNamespace(**members | {"destination": where, "idempotency_key": key or None})


def page(items: list[Any]) -> dict[str, Any]:
    return {"data": items, "has_more": False, "next_cursor": None}


def assert_withdrawals_are_shown_as_stored(alice: Person) -> None:
    stored = Withdrawal.objects(user=alice.id).order_by("-created_at", "-id")

    shown = alice.get("/withdrawals?limit=100").data

    assert shown == by_marshmallow(WithdrawalPage(), page([whole(each) for each in stored]))


def assert_transactions_are_shown_as_stored(alice: Person) -> None:
    stored = LedgerEntry.objects(user=alice.id).order_by("-booked_at", "-sequence")

    shown = alice.get("/wallets/transactions?limit=100").data

    assert shown == by_marshmallow(LedgerEntryPage(), page([described(each) for each in stored]))


def assert_a_statement_is_as_stored(alice: Person) -> None:
    stored = LedgerEntry.objects(user=alice.id).order_by("sequence")

    shown = alice.get("/wallets/statement").data

    expected = [
        by_marshmallow(LedgerEntryView(), described(each), in_ascii=True) for each in stored
    ]
    assert shown.partition(b'"entries":')[2] == b"[" + b",".join(expected) + b"]}"


@pytest.mark.usefixtures("withdrawals")
def test_withdrawals_are_listed_as_they_are_stored(alice: Person) -> None:
    assert_withdrawals_are_shown_as_stored(alice)


@pytest.mark.usefixtures("withdrawals")
def test_a_withdrawal_is_shown_as_it_is_stored(alice: Person) -> None:
    for stored in Withdrawal.objects(user=alice.id):
        shown = alice.get(f"/withdrawals/{stored.id}").data

        assert shown == by_marshmallow(WithdrawalView(), whole(stored))


@pytest.mark.usefixtures("entries")
def test_transactions_are_listed_as_they_are_stored(alice: Person) -> None:
    assert_transactions_are_shown_as_stored(alice)


@pytest.mark.usefixtures("entries")
def test_a_statement_lists_them_as_they_are_stored(alice: Person) -> None:
    assert_a_statement_is_as_stored(alice)


@pytest.mark.in_process("the product is broken in the process of the test")
@pytest.mark.usefixtures("withdrawals", "entries")
@pytest.mark.parametrize(
    ("mutant", "check"),
    [
        (lists.times_where_the_host_is, assert_withdrawals_are_shown_as_stored),
        (lists.keys_with_their_scope, assert_transactions_are_shown_as_stored),
        (lists.no_record_is_asked, assert_a_statement_is_as_stored),
    ],
)
def test_what_is_shown_otherwise_is_seen(
    alice: Person,
    mutate: Callable[[Mutant], None],
    mutant: Mutant,
    check: Callable[[Person], None],
) -> None:
    mutate(mutant)

    with pytest.raises(AssertionError, match="assert b"):
        check(alice)


@pytest.mark.parametrize("mutant", [lists.what_has_no_value_is_null, lists.text_as_it_is])
def test_what_is_written_otherwise_is_seen(
    mutate: Callable[[Mutant], None], mutant: Mutant
) -> None:
    schema, entry = LedgerEntryView(), {"reason": 'a "fee"', "withdrawal": None}
    mutate(mutant)

    assert json_writer(schema)(entry).encode() != by_marshmallow(schema, entry)
