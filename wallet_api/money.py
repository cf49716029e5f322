"""Decimal major units at the edge, integer minor units inside."""

from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import ClassVar

from wallet_api.errors import InvalidAmount, UnknownCurrency
from wallet_api.iso_4217 import CURRENCIES

MAX_AMOUNT = Decimal(1_000_000_000)
"""The largest single deposit or withdrawal, in major units."""

MAX_BALANCE_CENTS = 9_000_000_000_000_000
"""Minor units. Below 2**53, so that a JavaScript client reads every balance exactly."""

# The default context would round to 28 digits.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)

DECIMALS = {code: currency.decimals for code, currency in CURRENCIES.items()}
"""How many decimals an amount of each supported currency has."""

MAX_AMOUNT_CENTS = int(MAX_AMOUNT) * 10 ** max(DECIMALS.values())
"""The same in minor units, of the currency with the most decimals."""


def decimals(currency: str) -> int:
    """How many decimals the currency has (ISO 4217). Raises UnknownCurrency."""
    try:
        return DECIMALS[currency]
    except KeyError:
        raise UnknownCurrency from None


def to_minor_units(amount: Decimal, currency: str) -> int:
    """Turn a JSON amount in major units into integer minor units, exactly.

    Decimal("100.5"), "INR" -> 10050. Never rounds: a decimal too many is the caller's
    mistake, and rounding it would move money nobody asked to move.

    Raises InvalidAmount: not finite, not above zero, too large, or finer than the currency;
    UnknownCurrency.
    """
    places = decimals(currency)
    if not amount.is_finite() or amount <= 0:
        raise InvalidAmount("Must be greater than 0.")
    if amount > MAX_AMOUNT:
        raise InvalidAmount(f"Must be at most {MAX_AMOUNT}.")
    minor = amount.scaleb(places, _EXACT)
    if minor != (whole := int(minor)):
        raise InvalidAmount(f"{currency} has {places} decimals at most.")
    return whole


def to_major_units(amount_cents: int, currency: str) -> Decimal:
    """10050, "INR" -> Decimal("100.50"). Raises UnknownCurrency."""
    return Decimal(amount_cents).scaleb(-decimals(currency), _EXACT)


def as_shown(amount_cents: int, currency: str | None) -> str:
    """To operators: 3025, "INR" -> "INR 30.25"; of an unknown currency, how many minor units."""
    try:
        return f"{currency} {to_major_units(amount_cents, currency or ''):f}"
    except UnknownCurrency:
        return f"{amount_cents} minor units of {currency}"


def with_code(amount_cents: int, currency: str) -> str:
    """10050, "INR" -> "100.50 INR". Raises UnknownCurrency."""
    return f"{to_major_units(amount_cents, currency):f} {currency}"


@dataclass(frozen=True, slots=True)
class MajorUnits:
    """How much a request asks to move, by its member `amount`."""

    amount: Decimal
    member: ClassVar[str] = "amount"

    def in_minor_units(self, currency: str) -> int:
        """Raises InvalidAmount, UnknownCurrency: see to_minor_units."""
        return to_minor_units(self.amount, currency)


@dataclass(frozen=True, slots=True)
class MinorUnits:
    """How much a request asks to move, by its member `amountCents`: a whole number."""

    amount: Decimal
    member: ClassVar[str] = "amountCents"

    def in_minor_units(self, currency: str) -> int:
        """Raises InvalidAmount: not above zero, or too large; UnknownCurrency."""
        most = int(MAX_AMOUNT) * 10 ** decimals(currency)
        if self.amount <= 0:
            raise InvalidAmount("Must be greater than 0.", self.member)
        if self.amount > most:
            raise InvalidAmount(f"Must be at most {most}.", self.member)
        return int(self.amount)


Asked = MajorUnits | MinorUnits
"""The two ways to say the same amount."""
