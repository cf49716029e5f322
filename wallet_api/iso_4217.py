"""The currencies that a wallet may hold: those of ISO 4217 that people pay with."""

from dataclasses import dataclass

import iso4217


@dataclass(frozen=True, slots=True)
class Currency:
    code: str
    decimals: int
    """How many an amount has (ISO 4217, "minor unit"); others, such as Unicode's CLDR, differ."""
    name: str


UNITS_OF_ACCOUNT = {
    "BOV": "Bolivia: indexed to the dollar, for contracts",
    "CHE": "WIR bank: bookkeeping beside the franc",
    "CHW": "WIR bank: bookkeeping beside the franc",
    "CLF": "Chile: indexed to prices, for contracts",
    "COU": "Colombia: indexed to prices, for loans",
    "MXV": "Mexico: indexed to prices, for loans",
    "USN": "United States: dollars of the next day, for trades",
    "UYI": "Uruguay: indexed to prices, for loans",
    "UYW": "Uruguay: indexed to wages, for loans",
    "XAD": "Arab Monetary Fund: bookkeeping among its members",
}
"""Funds codes and the like, which have a minor unit and are nobody's money.

What has no minor unit is left out too: metals, bond units, SDR, Sucre, ADB's unit, and the codes
for tests and for no currency. Retired codes are in another list of ISO 4217.
"""


def _read() -> dict[str, Currency]:
    """From the package's copy of the official list. Once a process: it takes some milliseconds."""
    found = (
        Currency(each.code, each.exponent, each.currency_name)
        for each in iso4217.Currency
        if each.exponent is not None and each.code not in UNITS_OF_ACCOUNT
    )
    return {each.code: each for each in sorted(found, key=lambda each: each.code)}


CURRENCIES = _read()
"""By code, in alphabetical order."""
