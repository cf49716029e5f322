"""Ledger entries as users read them: with where the money of a withdrawal went, and its key."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from bson import ObjectId

from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import settled

BATCH = 500
"""So many entries are read, and described, at once."""


@dataclass(frozen=True, slots=True)
class Transaction:
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


def described(user: ObjectId, entries: Sequence[LedgerEntry]) -> list[Transaction]:
    """The entries of the user's wallet, in their order.

    One round trip where a withdrawal is among them, else none. A record is copied right after its
    ledger entry: where it is not there yet, two more round trips, and those of a copy.
    """
    wanted = {entry.withdrawal for entry in entries if entry.withdrawal is not None}
    records = _records(wanted)
    if len(records) < len(wanted):
        settled(user)
        records = _records(wanted)
    return [_transaction(entry, records.get(entry.withdrawal, {})) for entry in entries]


def described_in_batches(user: ObjectId, entries: Iterable[LedgerEntry]) -> Iterator[Transaction]:
    """The same of any number of entries, which are read as they are asked for.

    Round trips: for each BATCH of them as above.
    """
    # A generator ends for good, while a queryset that has ended begins anew.
    unread = (entry for entry in entries)
    while batch := list(islice(unread, BATCH)):
        yield from described(user, batch)


def _records(ids: set[ObjectId]) -> dict[ObjectId, dict[str, Any]]:
    if not ids:
        return {}
    found = Withdrawal.objects(id__in=list(ids)).only("destination", "idempotency_key")
    return {record["_id"]: record for record in found.as_pymongo()}


def _transaction(entry: LedgerEntry, record: dict[str, Any]) -> Transaction:
    return Transaction(
        id=entry.id,
        sequence=entry.sequence,
        type=entry.type,
        amount_cents=entry.amount_cents,
        balance_after_cents=entry.balance_after_cents,
        booked_at=entry.booked_at,
        withdrawal=entry.withdrawal,
        destination=record.get("destination"),
        reason=entry.reason,
        idempotency_key=_key(entry, record),
    )


def _key(entry: LedgerEntry, record: dict[str, Any]) -> str | None:
    if entry.type == MovementKind.WITHDRAWAL:
        return record.get("idempotencyKey")
    if entry.type == MovementKind.DEPOSIT and entry.idempotency_key is not None:
        # Without its scope.
        return str(entry.idempotency_key).partition(":")[2]
    return None
