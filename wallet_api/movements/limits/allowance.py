"""What the limits of the settings, and a wallet's own, allow a withdrawal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from wallet_api.config import settings
from wallet_api.movements.limits.claims import ANY_LIMITS, UNCOUNTED, Claim, Own
from wallet_api.movements.limits.days import day_of, end_of
from wallet_api.movements.limits.destinations import Destination, is_known
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
    new_cents: int = 0
    """To destinations that were new to it."""


class Exceeded(NamedTuple):
    told: Told
    claim: Claim
    """It must still be so when the refusal commits."""


@dataclass(frozen=True, slots=True)
class Allowance:
    own: Own
    limits: Limits
    digest: str | None = None
    """Of the destination; None: it does not matter whether it is new."""
    since: datetime | None = None
    """When the wallet has first withdrawn to it, as far as is known here."""

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
        claim = Claim(
            self.own,
            day_of(at),
            amount_cents,
            1,
            max_cents=None if per_day is None else per_day - amount_cents,
            max_count=None if count_per_day is None else count_per_day - 1,
        )
        destination, for_new = self._destination(at), self.limits.new_destinations_cents
        if destination is None or for_new is None:
            return claim
        if not destination.is_new:
            return replace(claim, destination=destination)
        return replace(
            claim,
            new_cents=amount_cents,
            max_new_cents=for_new - amount_cents,
            destination=destination,
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
        destination, for_new = self._destination(at), self.limits.new_destinations_cents
        if destination is None or for_new is None or not destination.is_new:
            return None
        if before.new_cents + amount_cents > for_new:
            left = max(for_new - before.new_cents, 0)
            told = {"limit": "new_destinations", "limitCents": for_new, "leftCents": left}
            least = for_new - amount_cents + 1
            claim = Claim(self.own, day, min_new_cents=least, destination=destination)
            return Exceeded(told | renews, claim)
        return None

    def _destination(self, at: datetime) -> Destination | None:
        if self.digest is None:
            return None
        return Destination(self.digest, at, is_new=not is_known(self.since, at))

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


def refund_claim(day: str, amount_cents: int, *, was_new: bool) -> Claim:
    """To give back what its withdrawal has claimed on that day, which the wallet still counts.

    `was_new`: its destination was."""
    claim = Claim(ANY_LIMITS, day, -amount_cents, -1, min_cents=amount_cents, min_count=1)
    if not was_new:
        return claim
    return replace(claim, new_cents=-amount_cents, min_new_cents=amount_cents)
