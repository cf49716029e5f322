"""The settings of limits on withdrawals, by currency: a part of `Settings`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from environs import Env, EnvError
from marshmallow.validate import Range

from wallet_api.errors import InvalidAmount, UnknownCurrency
from wallet_api.money import to_minor_units

Value = TypeVar("Value")


class Limits(NamedTuple):
    """Of one currency, in minor units. None: no such limit."""

    minimum_cents: int | None = None
    per_withdrawal_cents: int | None = None
    per_day_cents: int | None = None
    count_per_day: int | None = None
    new_destinations_cents: int | None = None
    """For all withdrawals of a day to destinations that are new to the wallet."""

    @property
    def are_of_a_day(self) -> bool:
        """Whether it matters what else a wallet has withdrawn on the same day."""
        return (
            self.per_day_cents is not None
            or self.count_per_day is not None
            or self.new_destinations_cents is not None
        )


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True)
class WithdrawalLimits:
    by_currency: Mapping[str, Limits]
    others: Limits
    """Of the currencies that no setting names."""
    zone: tzinfo
    """Whose midnight begins a day."""
    new_for: timedelta
    """How long a destination is new to a wallet, from its first withdrawal to it on."""

    def of(self, currency: str) -> Limits:
        return self.by_currency.get(currency, self.others)


def read(env: Env) -> WithdrawalLimits:
    """Raises EnvError: the message names the setting."""
    minimum = _read("MINIMUM_WITHDRAWAL", amounts, env.str("MINIMUM_WITHDRAWAL", ""))
    per_withdrawal = _read("LIMIT_PER_WITHDRAWAL", amounts, env.str("LIMIT_PER_WITHDRAWAL", ""))
    per_day = _read("LIMIT_PER_DAY", amounts, env.str("LIMIT_PER_DAY", ""))
    count_per_day = env.int("LIMIT_COUNT_PER_DAY", None, validate=Range(min=1))
    new = _read("LIMIT_NEW_DESTINATIONS", amounts, env.str("LIMIT_NEW_DESTINATIONS", ""))
    hours = env.int("NEW_DESTINATION_HOURS", None, validate=Range(1, 8760))
    if bool(new) != bool(hours):
        raise EnvError("LIMIT_NEW_DESTINATIONS and NEW_DESTINATION_HOURS: one needs the other")
    by_currency = {
        code: Limits(
            minimum_cents=minimum.get(code),
            per_withdrawal_cents=per_withdrawal.get(code),
            per_day_cents=per_day.get(code),
            count_per_day=count_per_day,
            new_destinations_cents=new.get(code),
        )
        for code in {**minimum, **per_withdrawal, **per_day, **new}
    }
    others = UNLIMITED if count_per_day is None else Limits(count_per_day=count_per_day)
    zone = _read("LIMIT_TIME_ZONE", time_zone, env.str("LIMIT_TIME_ZONE", "UTC"))
    return WithdrawalLimits(by_currency, others, zone, timedelta(hours=hours or 0))


def _read(name: str, meaning: Callable[[str], Value], text: str) -> Value:
    try:
        return meaning(text)
    except ValueError as error:
        raise EnvError(f"{name}: {error}") from None


def amounts(text: str) -> dict[str, int]:
    """INR:50000,USD:1000 -> {"INR": 5000000, "USD": 100000}, in minor units.

    Raises ValueError: its text says which part is wrong, and why.
    """
    found: dict[str, int] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        currency, colon, amount = (each.strip() for each in part.partition(":"))
        if not colon:
            raise ValueError(f"{part} is no currency with its amount, such as INR:50000")
        if currency in found:
            raise ValueError(f"{currency} is there twice")
        found[currency] = amount_cents(amount, currency)
    return found


def amount_cents(text: str, currency: str) -> int:
    """In minor units. Raises ValueError: its text says what is wrong."""
    try:
        return to_minor_units(Decimal(text), currency)
    except InvalidOperation:
        raise ValueError(f"{text} is no amount") from None
    except UnknownCurrency:
        raise ValueError(f"{currency} is no supported ISO 4217 currency code") from None
    except InvalidAmount as error:
        raise ValueError(f"{text} {currency}: {error.problems[0][1]}") from None


def time_zone(name: str) -> tzinfo:
    """Raises ValueError: this machine knows no time zone of that name."""
    if name == "UTC":
        return UTC  # whatever the machine has
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # the first: ZoneInfoNotFoundError
        raise ValueError(
            f"{name} is no time zone that this machine knows, such as Asia/Kolkata"
        ) from None
