"""A file with one doubtful cell is refused whole, and the refusal says where."""

import pytest

from tests.payouts.reconciliation.reconciling import Reconciling

HEADER = "reference,gatewayReference,trace,amount,currency,status,time,fee"
GOOD = {
    "reference": "wd6b06ecf5486f1784c8210682",
    "gatewayReference": "g-1",
    "trace": "UTR1",
    "amount": "30.25",
    "currency": "INR",
    "status": "settled",
    "time": "2026-11-26T01:02:03Z",
    "fee": "0.5",
}


def line(**changes: str) -> str:
    return ",".join((GOOD | changes).values())


def refusal(reconciling: Reconciling, text: str | bytes) -> str:
    """The one line that says why; the good line before the bad one tells nothing."""
    ended = reconciling.told(reconciling.text(text))

    assert ended.code == 2
    assert ended.output == ""
    (told,) = ended.errors.splitlines()
    assert told.startswith("Nothing was compared: ")
    assert told.isprintable()
    return told.partition("statement.csv")[2]


CELLS = [
    ("amount", '"1,000.00"'),
    ("amount", '"30,25"'),
    ("amount", "1 000.00"),
    ("amount", "1_000"),
    ("amount", "1'000.00"),
    ("amount", "3e3"),
    ("amount", "3.025E+1"),
    ("amount", "30.255"),
    ("amount", "30.250"),
    ("amount", "-30.25"),
    ("amount", "+30.25"),
    ("amount", "(30.25)"),
    ("amount", "30."),
    ("amount", ".5"),
    ("amount", "030.25"),
    ("amount", "NaN"),
    ("amount", "Infinity"),
    ("amount", "0x1E"),
    ("amount", " 30.25"),
    ("amount", "₹30.25"),
    ("amount", "٣٠"),
    ("amount", ""),
    ("amount", "9999999999999999999"),
    ("fee", "0.505"),
    ("fee", "-1"),
    ("currency", "inr"),
    ("currency", "XAU"),
    ("currency", ""),
    ("status", "SETTLED"),
    ("status", "paid"),
    ("status", ""),
    ("time", "2026-11-26"),
    ("time", "2026-11-26T01:02:03"),
    ("time", "26/11/2026 01:02"),
    ("time", "2026-02-30T01:02:03Z"),
    ("time", "0001-01-01T00:00:00+23:00"),
    ("time", "1764115323"),
    ("time", ""),
    ("reference", "=1+1"),
    ("reference", "@SUM(A1)"),
    ("gatewayReference", "+49"),
    ("gatewayReference", "-2+3"),
    ("trace", "  =cmd|' /C calc'!A0"),
    ("trace", "\uff1d1+1"),
    ("trace", "UTR\x1b[2J"),
    ("trace", "UTR\u200b1"),
    ("reference", "w" * 501),
]


@pytest.mark.parametrize(("column", "cell"), CELLS)
def test_a_doubtful_cell_is_named_by_line_and_column(
    reconciling: Reconciling, column: str, cell: str
) -> None:
    told = refusal(reconciling, f"{HEADER}\n{line()}\n{line(**{column: cell})}\n{line()}\n")

    assert told.startswith(f", line 3, column {column}: must ")


@pytest.mark.parametrize("cell", ["30.25", "-1", "1e3", "", "1,000", "01", "9223372036854775808"])
def test_minor_units_are_whole_numbers(reconciling: Reconciling, cell: str) -> None:
    header = HEADER.replace("amount", "amountMinor")

    told = refusal(reconciling, header + "\n" + line(amount=f'"{cell}"') + "\n")

    assert told.startswith(", line 2, column amountMinor: must ")


def test_a_currency_without_decimals_has_none(reconciling: Reconciling) -> None:
    told = refusal(reconciling, f"{HEADER}\n{line(currency='JPY', amount='500.0', fee='')}\n")

    assert told.startswith(", line 2, column amount: must have 0 decimals at most, as JPY has")


HEADERS = {
    "": "there is no header",
    "\n": "there is no header",
    f"{HEADER},amount": "the column 'amount' is there twice",
    f"{HEADER},x,x": "the column 'x' is there twice",
    f"{HEADER},amountMinor": "one column of amount and amountMinor",
    HEADER.replace("amount", "Amount"): "one column of amount and amountMinor",
    f"{HEADER},feeMinor": "one column at most of fee and feeMinor",
    HEADER.replace("currency", "x"): "the column currency is missing",
    HEADER.replace("status", "x"): "the column status is missing",
    HEADER.replace("time", "x"): "the column time is missing",
    HEADER.replace(",", ";"): "cells are separated by commas",
    "amount,currency,status,time": "a column of reference, gatewayReference, trace",
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_says_too_little_or_too_much_is_refused(
    reconciling: Reconciling, header: str
) -> None:
    told = refusal(reconciling, f"{header}\n{line()}\n" if header.strip() else header)

    assert told.startswith(", line 1: ")
    assert HEADERS[header] in told


LINES: dict[bytes, str] = {
    line()[:-4].encode(): "line 3: has 7 cells, and the header 8",
    f"{line()},".encode(): "line 3: has 9 cells, and the header 8",
    b"": "line 3: is empty, and lines follow",
    line(trace="x\0y").encode(): "line 3, byte 33: is NUL",
    line(trace="\xff").encode("latin-1"): "line 3, byte 32: is not UTF-8",
    line(trace='"UTR"1').encode(): "line 3: ",
    line(trace="U\rTR").encode(): "line 3: ",
    line(trace="x" * 70_000).encode(): "line 3: is longer than 65536 bytes",
    line(reference="", gatewayReference="", trace="").encode(): "line 3: reference, ",
}


@pytest.mark.parametrize("bad", LINES, ids=lambda bad: LINES[bad][:40])
def test_a_line_that_is_none_is_named(reconciling: Reconciling, bad: bytes) -> None:
    text = f"{HEADER}\n{line()}\n".encode() + bad + f"\n{line()}\n".encode()

    assert refusal(reconciling, text).startswith(f", {LINES[bad]}")


def test_a_file_in_utf_16_is_refused(reconciling: Reconciling) -> None:
    told = refusal(reconciling, f"{HEADER}\n{line()}\n".encode("utf-16"))

    assert told.startswith(", line 1, byte ")


def test_a_quotation_that_does_not_end_is_refused(reconciling: Reconciling) -> None:
    assert refusal(reconciling, HEADER + "\n" + line(trace='"UTR') + "\n").startswith(", line 2: ")


def test_more_lines_of_one_payout_than_are_compared_are_refused(reconciling: Reconciling) -> None:
    ended = reconciling.told(reconciling.text(f"{HEADER}\n" + f"{line()}\n" * 101))

    assert (ended.code, ended.output) == (2, "")
    assert "more than 100 lines of one payout: 'wd6b06ecf5486f1784c8210682'" in ended.errors
