"""A wallet as one reading found it, and what must therefore be in its ledger."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, islice
from typing import Any

from bson import Code, ObjectId

from wallet_api.documents.kinds import ENTRY_KINDS, MovementKind
from wallet_api.movements.freezing import is_frozen
from wallet_api.movements.limits.members import destinations_problem, limits_problem, spent_problem
from wallet_api.movements.relay.hash_chain import NO_REFUSALS
from wallet_api.movements.used_keys import bloom_filter

MEMBERS = {
    "user": 1,
    "currency": 1,
    "balanceCents": 1,
    "sequence": 1,
    "chain": 1,
    "active": 1,
    "frozen": 1,
    "activeChanges": 1,
    "seenKeys": 1,
    "seenCount": 1,
    "sealedFilters": 1,
    "seal": 1,
    "limits": 1,
    "spent": 1,
    "refusedTransfers": 1,
    "destinations": 1,
    "outbox": 1,
    "_id": 0,
}

OF_A_MOVEMENT = {"id": ObjectId, "amountCents": int, "kind": str, "at": datetime}
IF_PRESENT = {
    "bookedAt": datetime,
    "digestVersion": int,
    "requestedCents": int,
    "withdrawal": ObjectId,
    "counterpart": ObjectId,
    "idempotencyKey": str,
    "destination": str,
    "reason": str,
    "backendKey": str,
    "limitDay": str,
    "newDestination": bool,
    "gateway": str,
    "exceeded": dict,
}
"""Of a movement that is of other types, the relay can make no copies."""


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
    """The movements, each with the balance after it."""
    chain_sequence: int
    chain_head: bytes
    refusals: int
    """So many records of refusals the chain counts."""
    refusals_sum: bytes
    active: bool
    active_changes: int | None
    seen_keys: list[bytes]
    sealed_filters: int
    uncopied: dict[int, dict[str, Any]]
    """The outbox's movements of money by their sequences: they may have copies already, or not."""
    refused: dict[ObjectId, dict[str, Any]]
    """The others, by their ids."""
    spent: dict[str, dict[str, int]]
    """By day: the sum and the number of the withdrawals that were counted for its limits."""
    document: dict[str, Any]

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
    if not bloom_filter.is_whole(seen_keys, member(document, "seenCount", int)):
        raise Malformed("its seenKeys are no filter of its seenCount keys")
    member({"refusedTransfers": []} | document, "refusedTransfers", list)
    moves_money = [_moves_money(movement) for movement in outbox]
    for problem_of in (limits_problem, spent_problem, destinations_problem):
        if problem := problem_of(document):
            raise Malformed(problem)
    outbox = _with_balances(outbox, member(document, "balanceCents", int))
    uncopied = [each for each, moves in zip(outbox, moves_money, strict=True) if moves]
    refused = [each for each, moves in zip(outbox, moves_money, strict=True) if not moves]
    return WalletAsRead(
        user=document["user"],
        currency=member(document, "currency", str),
        balance_cents=document["balanceCents"],
        sequence=sequence,
        outbox=outbox,
        chain_sequence=member(chain, "sequence", int),
        chain_head=bytes(member(chain, "head", bytes)),
        refusals=member({"refusals": 0} | chain, "refusals", int),
        refusals_sum=member({"refusalsSum": NO_REFUSALS} | chain, "refusalsSum", bytes),
        active=member(document, "active", bool) or is_frozen(document),
        active_changes=document.get("activeChanges"),
        seen_keys=seen_keys,
        sealed_filters=member(document, "sealedFilters", int),
        uncopied=dict(enumerate(uncopied, start=sequence - len(uncopied) + 1)),
        refused={movement["id"]: movement for movement in refused},
        spent=document.get("spent", {}),
        document=document,
    )


def member(document: dict[str, Any], name: str, kind: type) -> Any:
    """Raises Malformed."""
    value = document.get(name)
    # The driver takes code for a text, but it is no key of a dictionary.
    if not isinstance(value, kind) or isinstance(value, Code):
        raise Malformed(f"its {name} is {value!r}")
    return value


def _with_balances(outbox: list[dict[str, Any]], balance_cents: int) -> list[dict[str, Any]]:
    """By walking back from the wallet's own balance."""
    before_first = balance_cents - sum(movement["amountCents"] for movement in outbox)
    after = accumulate((each["amountCents"] for each in outbox), initial=before_first)
    return [
        movement | {"balanceAfterCents": cents}
        for movement, cents in zip(outbox, islice(after, 1, None), strict=True)
    ]


def _moves_money(movement: Any) -> bool:
    if not isinstance(movement, dict):
        raise Malformed(f"its outbox holds {movement!r}")
    try:
        for name, type_ in OF_A_MOVEMENT.items():
            member(movement, name, type_)
        for name in IF_PRESENT.keys() & movement.keys():
            member(movement, name, IF_PRESENT[name])
    except Malformed as malformed:
        raise Malformed(f"a movement in its outbox: {malformed}") from None
    if movement["kind"] not in (*ENTRY_KINDS, MovementKind.REFUSED):
        raise Malformed(f"its outbox holds a movement of the kind {movement['kind']!r}")
    return bool(movement["kind"] != MovementKind.REFUSED)
