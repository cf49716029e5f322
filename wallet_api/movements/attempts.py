"""A movement that is to be committed, and what must hold right before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from wallet_api import clock
from wallet_api.callers import Epoch
from wallet_api.config import settings
from wallet_api.documents.kinds import DEBITS, MovementKind
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements.limits import claims
from wallet_api.movements.limits.allowance import FREE, Allowance, Spent, refund_claim
from wallet_api.movements.limits.claims import UNCOUNTED, Claim
from wallet_api.movements.orders import Order

Condition = Mapping[str, Any]
"""On a wallet, in MongoDB's words."""


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    order: Order
    movement: dict[str, Any]
    """As it will be in the outbox."""
    guard: Condition
    """Of used_keys: `guard`, or `fence` after a look-up. Empty for an order without a key that is
    tried before any look-up."""
    min_balance_cents: int | None = None
    max_balance_cents: int | None = None
    claim: Claim | None = None
    """On the limits of withdrawals; None: they do not concern it."""

    @property
    def moves_money(self) -> bool:
        return self.movement["kind"] != MovementKind.REFUSED


def attempt(order: Order, guard: Condition, allowance: Allowance = FREE) -> Attempt:
    """To move the money: the balance never falls below zero and never passes its maximum.

    `allowance`: of a withdrawal.
    """
    movement = _movement(order, order.kind, order.amount_cents)
    if order.gateway is not None:
        movement["gateway"] = order.gateway
    if order.amount_cents >= 0:
        most = MAX_BALANCE_CENTS - order.amount_cents
        claim = None
        if order.limit_day is not None:
            was_new = order.to_new_destination
            claim = refund_claim(order.limit_day, order.amount_cents, was_new=was_new)
            movement |= _counted(claim)
        if order.kind == MovementKind.TRANSFER_IN:
            guard = {**guard, "refusedTransfers": {"$ne": order.withdrawal}}
        return Attempt(order, movement, guard, max_balance_cents=most, claim=claim)
    claim = UNCOUNTED if order.kind in DEBITS else None
    if allowance is not FREE:
        claim = allowance.claim(-order.amount_cents, movement["at"])
        movement |= _counted(claim)
    return Attempt(order, movement, guard, min_balance_cents=-order.amount_cents, claim=claim)


def _counted(claim: Claim) -> dict[str, Any]:
    """What a movement says of the sums that it has changed."""
    if claim.day is None:
        return {}
    return {"limitDay": claim.day, **({"newDestination": True} if claim.new_cents else {})}


def refusal(order: Order, guard: Condition) -> Attempt:
    """To put on record that the wallet holds too little: a movement of nothing, with the key."""
    movement = _movement(order, MovementKind.REFUSED, 0) | {"requestedCents": -order.amount_cents}
    return Attempt(order, movement, guard, max_balance_cents=-order.amount_cents - 1)


def refusal_by_limit(
    order: Order, guard: Condition, allowance: Allowance, spent: Mapping[str, Spent]
) -> Attempt | None:
    """To put on record that a limit forbids the withdrawal; None: none does, by what is spent."""
    movement = _movement(order, MovementKind.REFUSED, 0) | {"requestedCents": -order.amount_cents}
    exceeded = allowance.exceeded(-order.amount_cents, movement["at"], spent)
    if exceeded is None:
        return None
    return Attempt(order, movement | {"exceeded": exceeded.told}, guard, claim=exceeded.claim)


def _movement(order: Order, kind: str, amount_cents: int) -> dict[str, Any]:
    movement: dict[str, Any] = {
        "id": ObjectId(),
        "kind": kind,
        "at": clock.now(),
        "amountCents": amount_cents,
    }
    if order.key is not None:
        movement["idempotencyKey"] = order.scoped_key
    for name in ("destination", "withdrawal", "reason", "counterpart"):
        if (value := getattr(order, name)) is not None:
            movement[name] = value
    if order.backend_key is not None:
        movement["backendKey"] = order.backend_key
    return movement


def need_proof(attempts: Sequence[Attempt]) -> bool:
    """Whether one of them may be committed only once the user's email is proved."""
    return settings().mail.proof_is_required and any(each.order.needs_proof for each in attempts)


def keys_of(attempts: Sequence[Attempt]) -> list[str]:
    """The idempotency keys with their scopes, of those that have one."""
    return [each.order.scoped_key for each in attempts if each.order.key is not None]


def epochs_of(attempts: Sequence[Attempt]) -> set[Epoch]:
    """The epochs that the wallet must have, of those that need one."""
    return {each.order.epoch for each in attempts if each.order.needs_epoch}


def claims_of(attempts: Sequence[Attempt]) -> list[Claim]:
    """On the limits of withdrawals, of those that they concern."""
    return [each.claim for each in attempts if each.claim is not None]


def moved_cents(attempts: Sequence[Attempt]) -> int:
    """What all of them together add to the balance."""
    return sum(each.movement["amountCents"] for each in attempts)


def entry_count(attempts: Sequence[Attempt]) -> int:
    """How many ledger entries they will have: refusals have none."""
    return sum(each.moves_money for each in attempts)


def can_share_update(attempts: Sequence[Attempt]) -> bool:
    """Whether one update of their wallet could ever commit them all."""
    keys = keys_of(attempts)
    currencies = {each.order.currency for each in attempts}
    return (
        len(set(keys)) == len(keys)
        and len(currencies) == 1
        and len(epochs_of(attempts)) <= 1
        and claims.can_share_update(claims_of(attempts))
        and len(attempts) <= settings().outbox_limit
    )
