"""What movements demand of a wallet's limits and sums of a day, and what they add to these."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wallet_api.movements.limits.destinations import Destination

Own = Mapping[str, Any] | None
"""The limits that a wallet has of its own, exactly as it holds them. None: it has none."""

ANY_LIMITS: Mapping[str, Any] = {"any": True}
"""For what no limit holds up: a refund."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Of one movement. The bounds are on the sums right before it, in minor units."""

    own: Own
    """What the wallet must still have: by them the rest was reckoned."""
    day: str | None = None
    """None: nothing is counted."""
    cents: int = 0
    """What it adds to the sum of the day; a refund gives back."""
    count: int = 0
    min_cents: int | None = None
    max_cents: int | None = None
    min_count: int | None = None
    max_count: int | None = None
    new_cents: int = 0
    """What it adds to the sum of the day for new destinations."""
    min_new_cents: int | None = None
    max_new_cents: int | None = None
    destination: Destination | None = None
    """What it must be to the wallet; None: no matter."""


UNCOUNTED = Claim(None)
"""Of a withdrawal that no limit concerns: it demands that the wallet has none of its own."""


def can_share_update(claims: Sequence[Claim]) -> bool:
    """Whether they are of one day, reckoned by the same limits, and to different destinations,
    if it matters whether these are new."""
    first, *others = claims or (UNCOUNTED,)
    to = [each.destination.digest for each in claims if each.destination is not None]
    return len(set(to)) == len(to) and all(
        (each.day, each.own) == (first.day, first.own) for each in others
    )


def condition_of(claims: Sequence[Claim]) -> dict[str, Any]:
    """On the wallet, for each of them to find what it needs, in this order."""
    first = claims[0]
    if first is UNCOUNTED:
        return {"limits": None}
    condition: dict[str, Any] = {} if first.own is ANY_LIMITS else {"limits": first.own}
    if first.day is not None:
        of_cents = _bounds((each.cents, each.min_cents, each.max_cents) for each in claims)
        of_count = _bounds((each.count, each.min_count, each.max_count) for each in claims)
        of_new = _bounds((c.new_cents, c.min_new_cents, c.max_new_cents) for c in claims)
        if of_cents:
            condition[f"spent.{first.day}.cents"] = of_cents
        if of_count:
            condition[f"spent.{first.day}.count"] = of_count
        if of_new:
            condition[f"spent.{first.day}.newCents"] = of_new
    for each in claims:
        if each.destination is not None:
            condition |= each.destination.condition()
    return condition


def change_of(claims: Sequence[Claim]) -> dict[str, dict[str, Any]]:
    """To the wallet, by those that are counted. The first of a day creates its sums."""
    day = claims[0].day
    cents, count = (sum(added) for added in zip(*((c.cents, c.count) for c in claims), strict=True))
    added = {f"spent.{day}.cents": cents, f"spent.{day}.count": count}
    change: dict[str, dict[str, Any]] = {"$inc": added}
    if any(each.new_cents for each in claims):
        added[f"spent.{day}.newCents"] = sum(each.new_cents for each in claims)
    for each in claims:
        if each.destination is not None and each.destination.is_new:
            change.setdefault("$min", {}).update(each.destination.first_use())
    return change


def _bounds(moves: Iterable[tuple[int, int | None, int | None]]) -> dict[str, Any]:
    """What a sum must be before the first move. Each move: what it adds, the least and the most."""
    condition: dict[str, Any] = {}
    added, least, most = 0, 0, None
    for adds, at_least, at_most in moves:
        if at_least is not None:
            least = max(least, at_least - added)
        if at_most is not None:
            most = at_most - added if most is None else min(most, at_most - added)
        added += adds
    if most is not None:
        # A sum that is not there yet is 0: `$not` of `$gt` lets it pass, and `$lte` does not.
        condition = {"$not": {"$gt": most}} if most >= 0 else {"$lte": most}
    if least > 0:
        condition["$gte"] = least
    return condition
