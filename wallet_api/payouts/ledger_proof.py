"""Whether the ledger says what a payout is about to do: a record alone is believed by nobody."""

from collections.abc import Iterable
from threading import Lock
from typing import Any

from bson import ObjectId

from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.ledger_signing import PLAIN
from wallet_api.movements.relay import hash_chain
from wallet_api.payouts.destinations import WALLET
from wallet_api.payouts.record import PayoutRecord
from wallet_api.payouts.refunds import refund_of


class LedgerProof:
    """Of payouts that were taken up together. One round trip for all, at the first question.

    The relay writes an entry before its record, and nobody changes it: whoever has the record finds
    what there is to be found, and may ask later.
    """

    def __init__(self, records: Iterable[PayoutRecord]) -> None:
        self._records = list(records)
        self._entries: dict[ObjectId, dict[str, Any]] | None = None
        self._refunds: set[str] = set()
        """Their keys."""
        self._lock = Lock()

    def contradiction(self, record: PayoutRecord) -> str | None:
        """What the ledger says otherwise than the record; None: nothing.

        Raises UnknownSecret: this process cannot verify the entry. PyMongoError.
        """
        with self._lock:
            if self._entries is None:
                found = LedgerEntry._get_collection().find(entries_of(self._records))
                self._entries = {entry["_id"]: entry for entry in found}
                self._refunds = {
                    entry.get("idempotencyKey", "") for entry in self._entries.values()
                }
        if refund_of(record).scoped_key in self._refunds:
            return "the ledger has its refund"
        return contradiction(record, self._entries.get(record.id))


def entries_of(records: Iterable[PayoutRecord]) -> dict[str, Any]:
    """The condition on the ledger's entries: their debits and refunds, each by an index."""
    wanted = list(records)
    refunds = {
        "user": {"$in": [record.user for record in wanted]},
        "idempotencyKey": {"$in": [refund_of(record).scoped_key for record in wanted]},
    }
    return {"$or": [{"_id": {"$in": [record.id for record in wanted]}}, refunds]}


def contradiction(record: PayoutRecord, entry: dict[str, Any] | None) -> str | None:
    """By the entry of the debit."""
    if entry is None:
        return "the ledger has no debit of it"
    if not _is_signed(entry):
        return "the ledger's entry of its debit is not signed, or was changed"
    pairs = {
        "user": record.user,
        "type": MovementKind.TRANSFER_OUT if _is_transfer(record) else MovementKind.WITHDRAWAL,
        "amountCents": -record.amount_cents,
        "currency": record.currency,
        "destination": record.destination,
        "gateway": record.gateway,
        "at": record.created_at,
    }
    differing = [name for name, said in pairs.items() if entry.get(name) != said]
    return f"the ledger tells another {', '.join(differing)}" if differing else None


def _is_transfer(record: PayoutRecord) -> bool:
    return record.gateway == WALLET


def _is_signed(entry: dict[str, Any]) -> bool:
    try:
        digest = hash_chain.digest(entry)
    except (KeyError, TypeError, AttributeError):
        return False
    return entry.get("digestVersion", PLAIN) != PLAIN and digest == entry.get("hash")
