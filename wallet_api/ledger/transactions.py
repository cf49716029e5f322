"""Ledger entries as users read them: with where the money of a withdrawal went, and its key."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from bson import ObjectId

from wallet_api.callers import ANY_EPOCH, Caller
from wallet_api.documents.kinds import DEBITS, MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import settled

BATCH = 500
"""So many entries are read, and described, at once."""


class Entry(NamedTuple):
    """What users read of a ledger entry itself."""

    id: ObjectId
    sequence: int
    type: str
    amount_cents: int
    balance_after_cents: int
    booked_at: datetime
    withdrawal: ObjectId | None
    reason: str | None
    idempotency_key: str | None
    counterpart: ObjectId | None


class Transaction(NamedTuple):
    """A ledger entry, and what the record of its withdrawal adds."""

    id: ObjectId
    sequence: int
    type: str
    amount_cents: int
    """Minor units, signed."""
    balance_after_cents: int
    booked_at: datetime
    withdrawal: ObjectId | None
    destination: str | None
    """Where the money of a withdrawal went, or that of a refund came back from."""
    reason: str | None
    idempotency_key: str | None
    """As its user sent it: those of refunds and adjustments are the operator's."""
    counterpart: ObjectId | None
    """Of a transfer: the user on the other side."""


class _Record(NamedTuple):
    id: ObjectId
    destination: str | None
    idempotency_key: str | None


def described(user: ObjectId, entries: Sequence[Entry]) -> list[Transaction]:
    """The entries of the user's wallet, in their order.

    One round trip where a withdrawal is among them, else none. A record is copied right after its
    ledger entry: where it is not there yet, two more round trips, and those of a copy.
    """
    wanted = {
        entry.withdrawal
        for entry in entries
        # What has come by a transfer belongs to the record of another user.
        if entry.withdrawal is not None and entry.type != MovementKind.TRANSFER_IN
    }
    records = _records(wanted)
    if len(records) < len(wanted):
        settled(Caller(user, ANY_EPOCH))  # who asks was heard when this began
        records = _records(wanted)
    return [_transaction(entry, records.get(entry.withdrawal)) for entry in entries]


def described_in_batches(user: ObjectId, first: int, last: int) -> Iterator[list[Transaction]]:
    """The same of the entries whose sequences are from `first` to `last`, oldest first.

    Each BATCH of them is read when it is asked for, by a command of its own: whoever reads slowly
    holds no cursor of the database open. Round trips: for each BATCH one, and those of `described`.
    """
    while first <= last:
        some = LedgerEntry.objects(user=user, sequence__gte=first, sequence__lte=last)
        entries = some.rows(Entry, order_by=("sequence",), limit=BATCH)
        if not entries:
            return
        yield described(user, entries)
        first = entries[-1].sequence + 1


def _records(ids: set[ObjectId]) -> dict[ObjectId | None, _Record]:
    if not ids:
        return {}
    found = Withdrawal.objects(id__in=list(ids)).rows(_Record, limit=len(ids))
    return {record.id: record for record in found}


def _transaction(entry: Entry, record: _Record | None) -> Transaction:
    return Transaction(
        entry.id,
        entry.sequence,
        entry.type,
        entry.amount_cents,
        entry.balance_after_cents,
        entry.booked_at,
        entry.withdrawal,
        record.destination if record is not None else None,
        entry.reason,
        _key(entry, record),
        entry.counterpart,
    )


def _key(entry: Entry, record: _Record | None) -> str | None:
    if entry.type in DEBITS:
        return record.idempotency_key if record is not None else None
    if entry.type == MovementKind.DEPOSIT and entry.idempotency_key is not None:
        # Without its scope.
        return entry.idempotency_key.partition(":")[2]
    return None
