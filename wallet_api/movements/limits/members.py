"""A wallet's limits and sums as they must be: a document that is damaged moves no money."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId

from wallet_api.movements.limits.allowance import MEMBERS, Spent
from wallet_api.movements.limits.claims import Own
from wallet_api.movements.members import damaged


def limits_of(user: ObjectId, wallet: Mapping[str, Any]) -> Own:
    """The wallet's own. Raises OutOfService: they are none."""
    if problem := limits_problem(wallet):
        raise damaged(user, problem)
    return wallet.get("limits")


def spent_of(user: ObjectId, wallet: Mapping[str, Any]) -> dict[str, Spent]:
    """By day. Raises OutOfService: they are no sums."""
    if problem := spent_problem(wallet):
        raise damaged(user, problem)
    spent = wallet.get("spent", {}).items()
    return {day: Spent(of["cents"], of["count"], of.get("newCents", 0)) for day, of in spent}


def destinations_of(user: ObjectId, wallet: Mapping[str, Any]) -> dict[str, datetime]:
    """Since when the wallet withdraws to each. Raises OutOfService: these are no instants."""
    if problem := destinations_problem(wallet):
        raise damaged(user, problem)
    return dict(wallet.get("destinations", {}))


def destinations_problem(wallet: Mapping[str, Any]) -> str | None:
    """What is wrong with the destinations that the wallet remembers."""
    found = wallet.get("destinations", {})
    if isinstance(found, dict) and all(isinstance(at, datetime) for at in found.values()):
        return None
    return "its destinations are not each with an instant"


def limits_problem(wallet: Mapping[str, Any]) -> str | None:
    """What is wrong with the wallet's own limits."""
    own = wallet.get("limits", {})
    if not isinstance(own, dict) or not own.keys() <= set(MEMBERS.values()):
        return f"its limits are {own!r}"
    if not all(value is None or _is_whole(value) for value in own.values()):
        return f"its limits are {own!r}"
    return None


def spent_problem(wallet: Mapping[str, Any]) -> str | None:
    """What is wrong with the wallet's sums of days."""
    spent = wallet.get("spent", {})
    if isinstance(spent, dict) and all(map(_is_sum, spent, spent.values())):
        return None
    return f"its sums of days are {spent!r}"


def _is_sum(day: Any, of: Any) -> bool:
    return (
        isinstance(of, dict)
        and {"cents", "count"} <= of.keys() <= {"cents", "count", "newCents"}
        and all(map(_is_whole, of.values()))
        and len(day) == 8
        and day.isdigit()
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
