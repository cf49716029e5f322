"""The update of a wallet that commits movements: its condition, its change, and what it tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.kinds import MovementKind, WithdrawalStatus
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements.orders import Order, Receipt
from wallet_api.movements.used_keys import bloom_filter


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A movement, and what must hold right before it."""

    order: Order
    movement: dict[str, Any]
    generation: ObjectId | None = None
    volumes: int = 0
    """Only where there is no generation: so many of the wallet's are known not to know the key."""
    least: int | None = None
    """Minor units that the balance must have at least."""
    most: int | None = None
    """Minor units that it may have at most."""


def step_of(order: Order, generation: ObjectId | None = None, volumes: int = 0) -> Step:
    movement = _movement(order, order.kind, order.amount_cents)
    if order.amount_cents < 0:
        least = -order.amount_cents  # never negative
        return Step(order, movement, generation, volumes, least=least)
    most = MAX_BALANCE_CENTS - order.amount_cents
    return Step(order, movement, generation, volumes, most=most)


def refusal_of(order: Order, generation: ObjectId) -> Step:
    movement = _movement(order, MovementKind.REFUSED, 0) | {"requestedCents": -order.amount_cents}
    return Step(order, movement, generation, most=-order.amount_cents - 1)


def _movement(order: Order, kind: str, amount_cents: int) -> dict[str, Any]:
    movement: dict[str, Any] = {
        "id": ObjectId(),
        "kind": kind,
        "at": clock.now(),
        "amountCents": amount_cents,
    }
    if order.key is not None:
        movement["idempotencyKey"] = order.scoped_key
    for name in ("destination", "withdrawal", "reason"):
        if (value := getattr(order, name)) is not None:
            movement[name] = value
    return movement


def may_be_one(steps: Sequence[Step]) -> bool:
    """Whether one update of their wallet could ever commit them all."""
    keys = _keys(steps)
    currencies = {step.order.currency for step in steps}
    return (
        len(set(keys)) == len(keys)
        and len(currencies) == 1
        and len(steps) <= settings().outbox_limit
    )


def _keys(steps: Sequence[Step]) -> list[str]:
    return [step.order.scoped_key for step in steps if step.order.key is not None]


def condition(steps: Sequence[Step]) -> dict[str, Any]:
    """That each step may be taken, in this order; and that there is room for all in the outbox."""
    order = steps[0].order
    wanted: dict[str, Any] = {
        "user": order.user,
        "currency": order.currency,
        f"outbox.{settings().outbox_limit - len(steps)}": {"$exists": False},
    }
    if bounds := _bounds(steps):
        wanted["balanceCents"] = bounds
    if any(step.order.by_the_user for step in steps):
        wanted["active"] = True
    if keys := _keys(steps):
        wanted["outbox.idempotencyKey"] = {"$nin": keys}
        wanted["$and"] = [_has_not_left(step) for step in steps if step.order.key is not None]
    return wanted


def _bounds(steps: Sequence[Step]) -> dict[str, int]:
    """What the balance must be before the first step for each step to find what it needs."""
    bounds: dict[str, int] = {}
    moved = 0
    for step in steps:
        if step.least is not None:
            bounds["$gte"] = max(step.least - moved, bounds.get("$gte", step.least - moved))
        if step.most is not None:
            bounds["$lte"] = min(step.most - moved, bounds.get("$lte", step.most - moved))
        moved += step.movement["amountCents"]
    return bounds


def _has_not_left(step: Step) -> dict[str, Any]:
    """That the step's key is not one that has been copied, and dropped from the outbox."""
    if step.generation is None:
        unknown = bloom_filter.is_new(step.order.user, step.order.scoped_key)
        return unknown | {"volumes": step.volumes}
    return {"generation": step.generation}


def change(steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "$inc": {"balanceCents": _moved(steps), "sequence": entries(steps)},
        "$push": {"outbox": {"$each": [step.movement for step in steps]}},
    }


def _moved(steps: Sequence[Step]) -> int:
    return sum(step.movement["amountCents"] for step in steps)


def entries(steps: Sequence[Step]) -> int:
    """How many of them move money: the others are refusals."""
    return sum(step.movement["kind"] != MovementKind.REFUSED for step in steps)


def receipts(steps: Sequence[Step], balance_cents: int) -> list[Receipt]:
    """What each is told, where they have left the wallet with this balance, in minor units."""
    told = []
    balance_cents -= _moved(steps)
    for step in steps:
        order, movement = step.order, step.movement
        refused = movement["kind"] == MovementKind.REFUSED
        balance_cents += movement["amountCents"]
        told.append(
            Receipt(
                id=movement["id"],
                status=WithdrawalStatus.FAILED if refused else WithdrawalStatus.SUCCESS,
                amount_cents=abs(order.amount_cents),
                currency=order.currency,
                balance_cents=balance_cents,
                created_at=movement["at"],
                destination=order.destination,
                refused=refused,
            )
        )
    return told
