"""What a wallet's limits are, and what they leave of today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from wallet_api import clock
from wallet_api.config import settings
from wallet_api.movements.limits.allowance import Spent, allowance_of
from wallet_api.movements.limits.days import day_of, end_of
from wallet_api.movements.limits.members import limits_of, spent_of
from wallet_api.withdrawal_limits import UNLIMITED


@dataclass(frozen=True, slots=True)
class Left:
    """Amounts in minor units. None: no such limit."""

    minimum_cents: int | None
    per_withdrawal_cents: int | None
    per_day_cents: int | None
    left_today_cents: int | None
    count_per_day: int | None
    left_today_count: int | None
    new_destinations_cents: int | None
    left_today_new_destinations_cents: int | None
    renews_at: datetime | None
    """When the next day begins."""


def left_of(user: ObjectId, wallet: Mapping[str, Any], currency: str) -> Left | None:
    """Of the wallet, as it was read. None: no limit concerns it.

    Raises OutOfService: the document is damaged.
    """
    if "limits" not in wallet and settings().withdrawal_limits.of(currency) is UNLIMITED:
        return None
    limits = allowance_of(currency, limits_of(user, wallet)).limits
    day = day_of(clock.now())
    spent = spent_of(user, wallet).get(day, Spent())
    return Left(
        minimum_cents=limits.minimum_cents,
        per_withdrawal_cents=limits.per_withdrawal_cents,
        per_day_cents=limits.per_day_cents,
        left_today_cents=_less(limits.per_day_cents, spent.cents),
        count_per_day=limits.count_per_day,
        left_today_count=_less(limits.count_per_day, spent.count),
        new_destinations_cents=limits.new_destinations_cents,
        left_today_new_destinations_cents=_less(limits.new_destinations_cents, spent.new_cents),
        renews_at=end_of(day) if limits.are_of_a_day else None,
    )


def _less(limit: int | None, spent: int) -> int | None:
    return None if limit is None else max(limit - spent, 0)
