"""What the limits of the settings, and a wallet's own, allow a withdrawal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from wallet_api.config import settings
from wallet_api.movements.limits.claims import ANY_LIMITS, UNCOUNTED, Claim, Own
from wallet_api.movements.limits.days import day_of, end_of
from wallet_api.withdrawal_limits import UNLIMITED, Limits

MEMBERS = {
    "minimum_cents": "minimumCents",
    "per_withdrawal_cents": "perWithdrawalCents",
    "per_day_cents": "perDayCents",
    "count_per_day": "countPerDay",
}
"""Of a wallet's own limits, each in place of the setting. Null: no such limit for this wallet."""

Told = dict[str, Any]
"""Which limit it is, what of it was left, and when it renews: as it is answered, and stored."""


@dataclass(frozen=True, slots=True)
class Spent:
    """By a wallet, on one day."""

    cents: int = 0
    count: int = 0


class Exceeded(NamedTuple):
    told: Told
    claim: Claim
    """It must still be so when the refusal commits."""


@dataclass(frozen=True, slots=True)
class Allowance:
    own: Own
    limits: Limits

    def refuses_alone(self, amount_cents: int) -> bool:
        """Whether a limit forbids the amount whatever else the wallet has withdrawn."""
        return self.limits is not UNLIMITED and (
            self._told_alone(amount_cents) is not None
            or (self.limits.per_day_cents is not None and amount_cents > self.limits.per_day_cents)
        )

    def claim(self, amount_cents: int, at: datetime) -> Claim:
        """Of a withdrawal that `refuses_alone` lets pass."""
        per_day, count_per_day = self.limits.per_day_cents, self.limits.count_per_day
        if not self.limits.are_of_a_day:
            return UNCOUNTED if self.own is None else Claim(self.own)
        return Claim(
            self.own,
            day_of(at),
            amount_cents,
            1,
            max_cents=None if per_day is None else per_day - amount_cents,
            max_count=None if count_per_day is None else count_per_day - 1,
        )

    def exceeded(
        self, amount_cents: int, at: datetime, spent: Mapping[str, Spent]
    ) -> Exceeded | None:
        """The limit that forbids it, by what the wallet has spent. None: none does."""
        if self.limits is UNLIMITED:
            return None
        if (told := self._told_alone(amount_cents)) is not None:
            return Exceeded(told, Claim(self.own))
        if not self.limits.are_of_a_day:
            return None
        day = day_of(at)
        before = spent.get(day, Spent())
        renews = {"renewsAt": end_of(day)}
        per_day, count_per_day = self.limits.per_day_cents, self.limits.count_per_day
        if count_per_day is not None and before.count >= count_per_day:
            told = {"limit": "count_per_day", "limitCount": count_per_day, "leftCount": 0}
            return Exceeded(told | renews, Claim(self.own, day, min_count=count_per_day))
        if per_day is not None and before.cents + amount_cents > per_day:
            left = max(per_day - before.cents, 0)
            told = {"limit": "per_day", "limitCents": per_day, "leftCents": left}
            least = per_day - amount_cents + 1
            return Exceeded(told | renews, Claim(self.own, day, min_cents=least))
        return None

    def _told_alone(self, amount_cents: int) -> Told | None:
        limits = self.limits
        if limits.minimum_cents is not None and amount_cents < limits.minimum_cents:
            return {"limit": "minimum", "limitCents": limits.minimum_cents}
        most = limits.per_withdrawal_cents
        if most is not None and amount_cents > most:
            return {"limit": "per_withdrawal", "limitCents": most}
        return None


FREE = Allowance(None, UNLIMITED)


def allowance_of(currency: str, own: Own) -> Allowance:
    limits = settings().withdrawal_limits.of(currency)
    if own is None:
        return FREE if limits is UNLIMITED else Allowance(None, limits)
    return Allowance(own, over(limits, own))


def over(limits: Limits, own: Mapping[str, Any]) -> Limits:
    """The limits of a wallet that has some of its own."""
    return limits._replace(**{name: own[key] for name, key in MEMBERS.items() if key in own})


def refund_claim(day: str, amount_cents: int) -> Claim:
    """To give back what its withdrawal has claimed on that day, which the wallet still counts."""
    return Claim(ANY_LIMITS, day, -amount_cents, -1, min_cents=amount_cents, min_count=1)
