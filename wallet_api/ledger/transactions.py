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
    destination: str | None
    withdrawal_key: str | None


class Transaction(NamedTuple):
    """A ledger entry, and where its money went."""

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

    No round trip where each says itself where its money went; else one, for the records of those
    withdrawals. A record is copied right after its ledger entry: where it is not there yet, two
    more round trips, and those of a copy.
    """
    wanted = {
        entry.withdrawal
        for entry in entries
        # What has come by a transfer belongs to the record of another user.
        if entry.withdrawal is not None
        and entry.type != MovementKind.TRANSFER_IN
        and not says_itself(entry)
    }
    records = _records(wanted)
    if len(records) < len(wanted):
        settled(Caller(user, ANY_EPOCH))  # who asks was heard when this began
        records = _records(wanted)
    return [_transaction(entry, records.get(entry.withdrawal)) for entry in entries]


def described_in_batches(
    user: ObjectId, begun: Sequence[Entry], last: int
) -> Iterator[list[Transaction]]:
    """The same of entries that have been read, and of those behind them up to the sequence `last`,
    oldest first.

    Each BATCH of them is read when it is asked for, by a command of its own: whoever reads slowly
    holds no cursor of the database open. Round trips: those of `described`, and for each further
    BATCH one.
    """
    entries = begun
    while entries:
        yield described(user, entries)
        entries = batch(user, entries[-1].sequence + 1, last)


def batch(user: ObjectId, first: int, last: int | None = None) -> list[Entry]:
    """The entries from the sequence `first` on, up to `last` if it is given, but BATCH at most.

    One round trip, or none where there can be none.
    """
    if last is not None and first > last:
        return []
    up_to = {} if last is None else {"sequence__lte": last}
    some = LedgerEntry.objects(user=user, sequence__gte=first, **up_to)
    found: list[Entry] = some.rows(Entry, order_by=("sequence",), limit=BATCH)
    return found


def says_itself(entry: Entry) -> bool:
    """Whether it is a debit that says what the record of its withdrawal says, as signed ones do.

    A page of 20 costs 0.2 ms less of the service and 0.2 of mongod, a statement of 101 entries 0.4
    and 0.3. (`return False` switches it off.)
    """
    return (
        isinstance(entry.destination, str)
        and isinstance(entry.withdrawal_key, str | None)
        and entry.type in DEBITS
        and entry.withdrawal == entry.id
    )


def _records(ids: set[ObjectId]) -> dict[ObjectId | None, _Record]:
    if not ids:
        return {}
    found = Withdrawal.objects(id__in=list(ids)).rows(_Record, limit=len(ids))
    return {record.id: record for record in found}


def _transaction(entry: Entry, record: _Record | None) -> Transaction:
    if says_itself(entry):
        destination, key = entry.destination, without_scope(entry.withdrawal_key)
    else:
        destination = record.destination if record is not None else None
        key = _key(entry, record)
    return Transaction(
        entry.id,
        entry.sequence,
        entry.type,
        entry.amount_cents,
        entry.balance_after_cents,
        entry.booked_at,
        entry.withdrawal,
        destination,
        entry.reason,
        key,
        entry.counterpart,
    )


def _key(entry: Entry, record: _Record | None) -> str | None:
    if entry.type in DEBITS:
        return record.idempotency_key if record is not None else None
    return without_scope(entry.idempotency_key) if entry.type == MovementKind.DEPOSIT else None


def without_scope(key: str | None) -> str | None:
    return key.partition(":")[2] if key is not None else None
