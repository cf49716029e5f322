"""Whether the ledger says what a payout is about to do: a record alone is believed by nobody."""

from typing import Any

from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.ledger_signing import PLAIN
from wallet_api.movements.relay import hash_chain
from wallet_api.payouts.destinations import WALLET
from wallet_api.payouts.record import PayoutRecord


def contradiction(record: PayoutRecord) -> str | None:
    """What the signed entry of the debit says otherwise than the record; None: nothing.

    The relay writes the entry before the record, so that it is there. One round trip.

    Raises UnknownSecret: this process cannot verify the entry.
    """
    entry = LedgerEntry._get_collection().find_one({"_id": record.id})
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
