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
from wallet_api.movements.used_keys import recent


@dataclass(frozen=True, slots=True)
class Sight:
    """A wallet, and then the record of a key, as one look found them."""

    currency: str
    active: bool
    balance_cents: int
    generation: ObjectId
    outbox_full: bool
    key_uncopied: bool
    """The key's movement is in the outbox. It may still be lost, in a crash or a failover, and
    then also an answer that a client was given: it must be copied before it is told."""
    earlier: Receipt | None
    """What the key's record tells. It cannot be lost any more, even where the record itself can:
    no copier makes a record before it knows the movement to be durable."""


def look(order: Order) -> Sight | None:
    """The wallet, and *then* the record of the order's key; None without a wallet. One round trip.

    In this order, since the generation must have been seen before the key is looked up.

    Raises IdempotencyKeyReused.
    """
    found = list(Wallet._get_collection().aggregate(_wallet_then_key(order)))
    if not found:
        return None
    wallet = found[0]
    sight = Sight(
        currency=wallet["currency"],
        active=wallet["active"],
        balance_cents=wallet["balanceCents"],
        generation=wallet["generation"],
        outbox_full=wallet["waiting"] >= settings().outbox_limit,
        key_uncopied=wallet["keyUncopied"],
        earlier=_receipt(wallet["record"][0], order) if wallet["record"] else None,
    )
    recent.wallets.put(order.user, recent.SeenWallet(sight.currency, wallet["volumes"]))
    return sight


def _records(order: Order) -> type[Withdrawal] | type[LedgerEntry]:
    return Withdrawal if order.kind == MovementKind.WITHDRAWAL else LedgerEntry


def _of_key(order: Order) -> dict[str, Any]:
    key = order.key if order.kind == MovementKind.WITHDRAWAL else order.scoped_key
    return {"user": order.user, "idempotencyKey": key}


def _wallet_then_key(order: Order) -> list[dict[str, Any]]:
    scoped_key = order.scoped_key if order.key is not None else None
    look: list[dict[str, Any]] = [
        {"$match": {"user": order.user}},
        {
            "$project": {
                "currency": 1,
                "active": 1,
                "balanceCents": 1,
                "volumes": 1,
                "generation": 1,
                "waiting": {"$size": "$outbox"},
                "keyUncopied": {"$in": [{"$literal": scoped_key}, "$outbox.idempotencyKey"]},
            }
        },
    ]
    if order.key is None:
        return [*look, {"$set": {"record": []}}]
    records = _records(order)._get_collection_name()
    one = [{"$match": _of_key(order)}, {"$limit": 1}]
    return [*look, {"$lookup": {"from": records, "pipeline": one, "as": "record"}}]


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
    return Receipt(
        id=record["_id"],
        status=record.get("status", WithdrawalStatus.SUCCESS),
        amount_cents=abs(record["amountCents"]),
        currency=record["currency"],
        balance_cents=record["balanceAfterCents"],
        created_at=record["createdAt"] if "createdAt" in record else record["at"],
        destination=record.get("destination"),
        refused=record.get("failureReason") == FailureReason.INSUFFICIENT_FUNDS
        and "reversedAt" not in record,
        replayed=True,
    )
