"""Major units become minor units exactly, and back: held against plain integer arithmetic."""

from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from wallet_api.errors import InvalidAmount, UnknownCurrency
from wallet_api.money import DECIMALS, MAX_AMOUNT, to_major_units, to_minor_units

currencies = st.sampled_from(sorted(DECIMALS))


def written(whole: int, fraction: str) -> Decimal:
    """As a client writes it: digits, a point, digits."""
    return Decimal(f"{whole}.{fraction}" if fraction else f"{whole}")


digits = st.text("0123456789", max_size=12)


@given(currencies, st.integers(0, int(MAX_AMOUNT)), digits)
@example("INR", 0, "29")
@example("INR", 1, "005")
@example("JPY", 7, "000000000000")
def test_an_amount_is_its_digits_and_never_rounded(
    currency: str, whole: int, fraction: str
) -> None:
    places = DECIMALS[currency]
    kept, dropped = fraction[:places].ljust(places, "0"), fraction[places:]
    cents = whole * 10**places + int(kept or "0")
    fits = not dropped.strip("0") and 0 < cents <= int(MAX_AMOUNT) * 10**places

    if fits:
        assert to_minor_units(written(whole, fraction), currency) == cents
    else:
        with pytest.raises(InvalidAmount):
            to_minor_units(written(whole, fraction), currency)


@given(currencies, st.integers(1, 10**11))
def test_there_and_back_is_the_same(currency: str, cents: int) -> None:
    assume(cents <= int(MAX_AMOUNT) * 10 ** DECIMALS[currency])

    major = to_major_units(cents, currency)

    assert to_minor_units(major, currency) == cents
    assert -major.as_tuple().exponent == DECIMALS[currency]  # type: ignore[operator]


@given(currencies, st.integers(-(10**18), 10**18))
def test_major_units_are_the_digits_with_a_point(currency: str, cents: int) -> None:
    places = DECIMALS[currency]
    whole, rest = divmod(abs(cents), 10**places)
    sign = "-" if cents < 0 else ""

    shown = str(to_major_units(cents, currency))

    assert shown == (f"{sign}{whole}.{rest:0{places}}" if places else f"{sign}{whole}")


@given(currencies, st.decimals(allow_nan=True, allow_infinity=True))
def test_any_decimal_is_converted_exactly_or_refused(currency: str, amount: Decimal) -> None:
    try:
        cents = to_minor_units(amount, currency)
    except InvalidAmount:
        return

    numerator, denominator = amount.as_integer_ratio()
    assert cents * denominator == numerator * 10 ** DECIMALS[currency]
    assert 0 < amount <= MAX_AMOUNT


@given(currencies, st.integers(1, 10**7), st.integers(1, 10**7))
def test_sums_of_amounts_are_sums_of_cents(currency: str, one: int, other: int) -> None:
    total = to_major_units(one, currency) + to_major_units(other, currency)

    assert to_minor_units(total, currency) == one + other


@pytest.mark.parametrize(
    "amount", ["NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "0", "-0", "0E+5", "-1", "1E-99"]
)
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(InvalidAmount):
        to_minor_units(Decimal(amount), "INR")


@pytest.mark.parametrize("currency", ["", "inr", "XXX", "INRX", "$ne"])
def test_a_currency_that_is_none_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        to_minor_units(Decimal(1), currency)


def test_the_decimals_are_those_of_iso_4217() -> None:
    assert {code: DECIMALS[code] for code in ("JPY", "INR", "USD", "KWD", "BHD", "HUF", "CLP")} == {
        "JPY": 0,
        "INR": 2,
        "USD": 2,
        "KWD": 3,
        "BHD": 3,
        "HUF": 2,
        "CLP": 0,
    }
