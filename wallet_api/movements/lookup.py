"""What became of this key?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import Document

from wallet_api.batcher import Batcher
from wallet_api.config import settings
from wallet_api.documents.kinds import DEBITS, REFUSALS, WithdrawalStatus
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import EmailUnproved, IdempotencyKeyReused, Unauthenticated
from wallet_api.movements.freezing import is_frozen
from wallet_api.movements.limits.allowance import Spent
from wallet_api.movements.limits.claims import Own
from wallet_api.movements.limits.members import destinations_of, limits_of, spent_of
from wallet_api.movements.members import damaged, member
from wallet_api.movements.orders import Order, Receipt
from wallet_api.movements.used_keys import bloom_filter

Found = tuple[dict[str, Any], dict[str, Any] | None]
"""A wallet, and the record of a key if there is one."""


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """A wallet, and then the record of a key, as one aggregation found them."""

    currency: str
    frozen: bool
    """For what the user, or a back end, asks for."""
    balance_cents: int
    generation: ObjectId
    sealed_filters: int
    layers: int
    """Of the filter."""
    outbox_full: bool
    key_in_outbox: bool
    """The key's movement waits to be copied. A crash or a failover may still lose it, and with it
    an answer that a client was given: it must be copied before the key is answered."""
    limits: Own
    """The wallet's own."""
    spent: Mapping[str, Spent]
    """By day."""
    destinations: Mapping[str, datetime]
    """By digest: since when the wallet withdraws there."""
    earlier: Receipt | None
    """What the key's record says. It is certain even where the record itself may still be lost: the
    relay makes no record before it knows the movement to be durable."""


def look_up(order: Order) -> KeyLookup | None:
    """Read the wallet, and *then* the record of the order's key; None without a wallet.

    One round trip, shared under load with the lookups that come at the same time. In this order,
    and by one server, since the generation must be read before the key is looked up.

    Raises Unauthenticated: the user is deactivated, or the order's login has ended;
    IdempotencyKeyReused: the key belongs to another request; OutOfService: the wallet's document is
    damaged; EmailUnproved: a withdrawal that needs the proof; PyMongoError.
    """
    found = _lookups.do(object(), order)
    if found is None:
        return None
    user, (wallet, record) = order.user, found
    keys_in_outbox = member(user, wallet, "keysInOutbox", list)
    if not bloom_filter.are_sizes(wallet.get("layers"), wallet.get("seenCount")):
        raise damaged(user, "its seenKeys are no filter of its seenCount keys")
    is_active = member(user, wallet, "active", bool)
    is_let_in = is_active or is_frozen(wallet)
    if order.by_the_user and not (is_let_in and order.is_heard(wallet.get("tokenEpoch"))):
        raise Unauthenticated  # before the record is looked at, of which it is to learn nothing
    key_in_outbox = order.key is not None and order.scoped_key in keys_in_outbox
    # What has moved before the proof was required is answered as it was.
    if order.needs_proof and not (key_in_outbox or record or wallet.get("emailProved") is True):
        raise EmailUnproved
    return KeyLookup(
        currency=member(user, wallet, "currency", str),
        frozen=order.by_the_user and not is_active,
        balance_cents=member(user, wallet, "balanceCents", int),
        generation=member(user, wallet, "generation", ObjectId),
        sealed_filters=member(user, wallet, "sealedFilters", int),
        layers=len(wallet["layers"]),
        outbox_full=member(user, wallet, "waiting", int) >= settings().outbox_limit,
        key_in_outbox=key_in_outbox,
        limits=limits_of(user, wallet),
        spent=spent_of(user, wallet),
        destinations=destinations_of(user, wallet),
        earlier=_receipt(record, order) if record is not None else None,
    )


def find_together(orders: Sequence[Order]) -> list[Found | None]:
    """The wallet of each order, and then the record of its key.

    One round trip for withdrawals, and one for all others.
    """
    found: dict[Order, Found] = {}
    for records in (Withdrawal, LedgerEntry):
        if some := [order for order in orders if _records(order) is records]:
            found |= _find(some, records)
    return [found.get(order) for order in orders]


_lookups = Batcher(find_together)
"""(`find_together([order])[0]` in place of `_lookups.do` switches it off.)"""


def _find(orders: Sequence[Order], records: type[Document]) -> dict[Order, Found]:
    found = Wallet._get_collection().aggregate(wallets_then_records(orders, records))
    wallets = {wallet["user"]: wallet for wallet in found}
    by_key = {
        (user, record["idempotencyKey"]): record
        for user, wallet in wallets.items()
        for record in wallet["records"]
    }
    return {
        order: (wallets[order.user], by_key.get((order.user, _recorded_key(order))))
        for order in orders
        if order.user in wallets
    }


def wallets_then_records(orders: Sequence[Order], records: type[Document]) -> list[dict[str, Any]]:
    keyed = [order for order in orders if order.key is not None]
    users = list(dict.fromkeys(order.user for order in orders))
    in_outbox = "$outbox.idempotencyKey"
    asked = {"$literal": [order.scoped_key for order in keyed]}
    stages: list[dict[str, Any]] = [
        {"$match": {"user": users[0] if len(users) == 1 else {"$in": users}}},
        {
            "$project": {
                "user": 1,
                "currency": 1,
                "active": 1,
                "frozen": 1,
                "tokenEpoch": 1,
                "emailProved": 1,
                "balanceCents": 1,
                "sealedFilters": 1,
                "generation": 1,
                "limits": 1,
                "spent": 1,
                "destinations": 1,
                "seenCount": 1,
                "layers": _if_array("$seenKeys", {"$map": {"input": "$seenKeys", "in": _SIZE}}),
                "waiting": _if_array("$outbox", {"$size": "$outbox"}),
                "keysInOutbox": _if_array(in_outbox, {"$setIntersection": [in_outbox, asked]}),
            }
        },
    ]
    if not keyed:
        return [*stages, {"$set": {"records": []}}]
    of_keys = {"idempotencyKey": {"$in": [_recorded_key(order) for order in keyed]}}
    lookup = {
        "from": records._get_collection_name(),
        "localField": "user",
        "foreignField": "user",
        "pipeline": [{"$match": of_keys}],
        "as": "records",
    }
    return [*stages, {"$lookup": lookup}]


_SIZE = {"$cond": [{"$eq": [{"$type": "$$this"}, "binData"]}, {"$binarySize": "$$this"}, None]}
"""Of a layer of the filter, in bytes."""


def _records(order: Order) -> type[Document]:
    return Withdrawal if order.kind in DEBITS else LedgerEntry


def _recorded_key(order: Order) -> str | None:
    """A withdrawal's record holds the key as the caller sent it, an entry with its scope.

    None without a key: its scoped key would be that of the key `None`, which a caller may send.
    """
    if order.key is None or _records(order) is Withdrawal:
        return order.key
    return order.scoped_key


def _recorded_cents(order: Order) -> int:
    """A withdrawal's record holds what was asked for, an entry what was added to the balance."""
    return -order.amount_cents if _records(order) is Withdrawal else order.amount_cents


def _if_array(path: str, expression: dict[str, Any]) -> dict[str, Any]:
    """Null otherwise: for one damaged wallet, the server would refuse all that are looked up."""
    return {"$cond": [{"$isArray": [path]}, expression, None]}


def _receipt(record: dict[str, Any], order: Order) -> Receipt:
    """Raises IdempotencyKeyReused: the record is not what the order asks for."""
    differing = [
        name
        for name, recorded, asked in (
            ("amount", record["amountCents"], _recorded_cents(order)),
            ("currency", record["currency"], order.currency),
            ("destination", record.get("destination"), order.destination),
        )
        if recorded != asked
    ]
    if differing:
        raise IdempotencyKeyReused(record["_id"], differing)
    was_refused = record.get("failureReason") in REFUSALS
    return Receipt(
        id=record["_id"],
        status=record.get("status", WithdrawalStatus.SUCCESS),
        amount_cents=abs(record["amountCents"]),
        currency=record["currency"],
        balance_cents=record["balanceAfterCents"],
        created_at=record["createdAt"] if "createdAt" in record else record["at"],
        destination=record.get("destination"),
        refused=was_refused and not record.keys() & {"reversedAt", "gateway"},
        exceeded=record.get("exceeded"),
        replayed=True,
    )
