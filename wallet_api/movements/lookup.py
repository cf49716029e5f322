"""What became of this key?"""

from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from wallet_api.config import settings
from wallet_api.documents.kinds import FailureReason, MovementKind, WithdrawalStatus
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import IdempotencyKeyReused
from wallet_api.movements.orders import Order, Receipt


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """A wallet, and then the record of a key, as one aggregation found them."""

    currency: str
    active: bool
    balance_cents: int
    generation: ObjectId
    sealed_filters: int
    outbox_full: bool
    key_in_outbox: bool
    """The key's movement waits to be copied. A crash or a failover may still lose it, and with it
    an answer that a client was given: it must be copied before the key is answered."""
    earlier: Receipt | None
    """What the key's record says. It is certain even where the record itself may still be lost: the
    relay makes no record before it knows the movement to be durable."""


def look_up(order: Order) -> KeyLookup | None:
    """Read the wallet, and *then* the record of the order's key; None without a wallet.

    One round trip. In this order, since the generation must be read before the key is looked up.

    Raises IdempotencyKeyReused: the key belongs to another request.
    """
    found = list(Wallet._get_collection().aggregate(wallet_then_record(order)))
    if not found:
        return None
    wallet = found[0]
    return KeyLookup(
        currency=wallet["currency"],
        active=wallet["active"],
        balance_cents=wallet["balanceCents"],
        generation=wallet["generation"],
        sealed_filters=wallet["sealedFilters"],
        outbox_full=wallet["waiting"] >= settings().outbox_limit,
        key_in_outbox=wallet["keyInOutbox"],
        earlier=_receipt(wallet["record"][0], order) if wallet["record"] else None,
    )


def wallet_then_record(order: Order) -> list[dict[str, Any]]:
    scoped_key = order.scoped_key if order.key is not None else None
    stages: list[dict[str, Any]] = [
        {"$match": {"user": order.user}},
        {
            "$project": {
                "currency": 1,
                "active": 1,
                "balanceCents": 1,
                "sealedFilters": 1,
                "generation": 1,
                "waiting": {"$size": "$outbox"},
                "keyInOutbox": {"$in": [{"$literal": scoped_key}, "$outbox.idempotencyKey"]},
            }
        },
    ]
    if order.key is None:
        return [*stages, {"$set": {"record": []}}]
    records = Withdrawal if order.kind == MovementKind.WITHDRAWAL else LedgerEntry
    # A withdrawal's record holds the key as the caller sent it, an entry with its scope.
    key = order.key if records is Withdrawal else scoped_key
    one = [{"$match": {"user": order.user, "idempotencyKey": key}}, {"$limit": 1}]
    source = records._get_collection_name()
    return [*stages, {"$lookup": {"from": source, "pipeline": one, "as": "record"}}]


def _receipt(record: dict[str, Any], order: Order) -> Receipt:
    """Raises IdempotencyKeyReused: the record is not what the order asks for."""
    differing = [
        name
        for name, recorded, asked in (
            ("amount", abs(record["amountCents"]), abs(order.amount_cents)),
            ("currency", record["currency"], order.currency),
            ("destination", record.get("destination"), order.destination),
        )
        if recorded != asked
    ]
    if differing:
        raise IdempotencyKeyReused(record["_id"], differing)
    was_refused = record.get("failureReason") == FailureReason.INSUFFICIENT_FUNDS
    return Receipt(
        id=record["_id"],
        status=record.get("status", WithdrawalStatus.SUCCESS),
        amount_cents=abs(record["amountCents"]),
        currency=record["currency"],
        balance_cents=record["balanceAfterCents"],
        created_at=record["createdAt"] if "createdAt" in record else record["at"],
        destination=record.get("destination"),
        refused=was_refused and "reversedAt" not in record,
        replayed=True,
    )
