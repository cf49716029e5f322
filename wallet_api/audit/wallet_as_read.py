"""A wallet as one reading found it, and what must therefore be in its ledger."""

from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from wallet_api.documents.kinds import MovementKind
from wallet_api.movements.used_keys import bloom_filter

MEMBERS = {
    "user": 1,
    "currency": 1,
    "balanceCents": 1,
    "sequence": 1,
    "chain": 1,
    "active": 1,
    "activeChanges": 1,
    "seenKeys": 1,
    "sealedFilters": 1,
    "outbox.id": 1,
    "outbox.kind": 1,
    "outbox.amountCents": 1,
    "outbox.withdrawal": 1,
    "outbox.idempotencyKey": 1,
    "_id": 0,
}


class Malformed(Exception):
    """A document lacks a member, or has one of a wrong type; the message names it."""


@dataclass(frozen=True, slots=True)
class WalletAsRead:
    """One document, read at once: all of it is true of one instant."""

    user: ObjectId
    currency: str
    balance_cents: int
    sequence: int
    outbox: list[dict[str, Any]]
    chain_sequence: int
    chain_head: bytes
    active: bool
    active_changes: int | None
    seen_keys: list[bytes]
    sealed_filters: int
    uncopied: dict[int, dict[str, Any]]
    """The outbox's movements of money by their sequences: they may have copies already, or not."""

    @property
    def copied_sequence(self) -> int:
        """The ledger must hold every entry up to here; beyond, it may."""
        return self.sequence - len(self.uncopied)

    @property
    def uncopied_cents(self) -> int:
        return sum(movement["amountCents"] for movement in self.uncopied.values())


def wallet_as_read(document: dict[str, Any]) -> WalletAsRead:
    """Raises Malformed."""
    chain = member(document, "chain", dict)
    outbox = member(document, "outbox", list)
    sequence = member(document, "sequence", int)
    seen_keys = member(document, "seenKeys", list)
    if not bloom_filter.is_whole(seen_keys):
        raise Malformed("its seenKeys is no filter of keys")
    uncopied = [movement for movement in outbox if _moves_money(movement)]
    return WalletAsRead(
        user=document["user"],
        currency=member(document, "currency", str),
        balance_cents=member(document, "balanceCents", int),
        sequence=sequence,
        outbox=outbox,
        chain_sequence=member(chain, "sequence", int),
        chain_head=bytes(member(chain, "head", bytes)),
        active=member(document, "active", bool),
        active_changes=document.get("activeChanges"),
        seen_keys=seen_keys,
        sealed_filters=member(document, "sealedFilters", int),
        uncopied=dict(enumerate(uncopied, start=sequence - len(uncopied) + 1)),
    )


def member(document: dict[str, Any], name: str, kind: type) -> Any:
    """Raises Malformed."""
    value = document.get(name)
    if not isinstance(value, kind):
        raise Malformed(f"its {name} is {value!r}")
    return value


def _moves_money(movement: Any) -> bool:
    if not isinstance(movement, dict):
        raise Malformed(f"its outbox holds {movement!r}")
    member(movement, "id", ObjectId)
    member(movement, "amountCents", int)
    kind: str = member(movement, "kind", str)
    return kind != MovementKind.REFUSED
