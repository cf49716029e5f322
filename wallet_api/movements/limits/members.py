"""A wallet's limits and sums as they must be: a document that is damaged moves no money."""

from collections.abc import Mapping
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
    return {day: Spent(of["cents"], of["count"]) for day, of in wallet.get("spent", {}).items()}


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
        and of.keys() == {"cents", "count"}
        and all(map(_is_whole, of.values()))
        and len(day) == 8
        and day.isdigit()
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
