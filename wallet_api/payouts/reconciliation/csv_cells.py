"""What a cell of a gateway's CSV may be: anything that could be read in two ways is refused."""

import re
from datetime import UTC, datetime

from wallet_api.clock import to_milliseconds
from wallet_api.invisible import is_plain
from wallet_api.money import DECIMALS
from wallet_api.payouts.adapters.http import WORDS
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.reconciliation.told import LARGEST
from wallet_api.spreadsheets import is_formula

LONGEST = 500
"""Characters of a reference or a trace."""

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,18})(?:\.([0-9]+))?")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,18}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class BadCell(ValueError):
    """The message says what a cell must be, and repeats it so that a terminal shows no control."""

    def __init__(self, rule: str, cell: str) -> None:
        super().__init__(f"{rule}, not {cell!r:.60}")


def text(cell: str) -> str | None:
    """A reference or a trace, which reports repeat; None: the cell is empty. Raises BadCell."""
    if not cell:
        return None
    if len(cell) > LONGEST or not is_plain(cell):
        raise BadCell(f"must be up to {LONGEST} visible characters", cell)
    if is_formula(cell):
        raise BadCell("must not begin as a formula of a spreadsheet does", cell)
    return cell


def currency(cell: str) -> str:
    """Raises BadCell."""
    if cell not in DECIMALS:
        raise BadCell("must be a currency of ISO 4217", cell)
    return cell


def major_units(cell: str, currency: str) -> int:
    """ "100.5", "INR" -> 10050 minor units; exactly, or BadCell."""
    found = _DECIMAL.fullmatch(cell)
    if found is None:
        raise BadCell(
            "must be a number such as 1234.50, without sign, separator or exponent, and with a "
            "point before its decimals",
            cell,
        )
    places, decimals = DECIMALS[currency], found[2] or ""
    if len(decimals) > places:
        raise BadCell(f"must have {places} decimals at most, as {currency} has", cell)
    return _held(int(found[1] + decimals.ljust(places, "0")), cell)


def minor_units(cell: str, currency: str) -> int:
    """Raises BadCell."""
    if not _WHOLE.fullmatch(cell):
        raise BadCell("must be a whole number of minor units, of digits alone", cell)
    return _held(int(cell), cell)


def _held(amount_cents: int, cell: str) -> int:
    if amount_cents > LARGEST:
        raise BadCell(f"must be at most {LARGEST} minor units", cell)
    return amount_cents


def verdict(cell: str) -> Verdict:
    """Raises BadCell: a word that is not known is no reason to guess."""
    found = WORDS.get(cell)
    if found is None:
        raise BadCell(f"must be one of {', '.join(WORDS)}", cell)
    return found


def instant(cell: str) -> datetime:
    """In UTC and whole milliseconds. Raises BadCell."""
    try:
        if not _INSTANT.fullmatch(cell):
            raise ValueError
        return to_milliseconds(datetime.fromisoformat(cell.upper()).astimezone(UTC))
    except (ValueError, OverflowError):
        rule = "must be a time of RFC 3339 with its zone, such as 2026-11-26T01:02:03Z"
        raise BadCell(rule, cell) from None
