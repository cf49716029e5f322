"""The books as they are handed out: JSON for tests, CSV as a bank's statement."""

import csv
import io
from typing import Any

from wallet_api import clock
from wallet_api.money import to_major_units
from wallet_api.payouts.simulator.books import Books, Entry

COLUMNS = (
    *("reference", "gatewayReference", "amount", "currency", "status", "time", "fee", "trace"),
)


def as_json(books: Books, reference: str | None = None) -> dict[str, Any]:
    """Per payout and in total, in minor units; with a reference, of that one alone."""
    entries = list(books) if reference is None else books.of(reference)
    totals: dict[str, dict[str, int]] = {}
    for entry in entries:
        total = totals.setdefault(entry.currency, {"paidMinor": 0, "returnedMinor": 0})
        total["paidMinor"] += entry.paid_minor
        total["returnedMinor"] += entry.returned_minor
    return {
        "payouts": [_row(entry) for entry in entries],
        "totals": totals,
        "paidTwice": list(books.paid_twice()),
    }


def as_csv(books: Books) -> str:
    """A line for each payout; amounts in major units, `time` that of its last change."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in books:
        writer.writerow(
            (
                entry.reference,
                entry.gateway_reference,
                f"{to_major_units(entry.amount_minor, entry.currency):f}",
                entry.currency,
                entry.status.value,
                clock.rfc3339(entry.history[-1][1]),
                f"{to_major_units(entry.fee_minor, entry.currency):f}",
                entry.trace if entry.times_paid else "",
            )
        )
    return text.getvalue()


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "reference": entry.reference,
        "gatewayReference": entry.gateway_reference,
        "protocol": entry.protocol,
        "amountMinor": entry.amount_minor,
        "currency": entry.currency,
        "destination": entry.destination,
        "status": entry.status.value,
        "reason": entry.reason,
        "timesPaid": entry.times_paid,
        "paidMinor": entry.paid_minor,
        "timesReturned": entry.times_returned,
        "returnedMinor": entry.returned_minor,
        "feeMinor": entry.fee_minor,
        "trace": entry.trace,
        "behaviours": list(entry.behaviours),
        "createdAt": clock.rfc3339(entry.created_at),
        "history": [
            {"status": status.value, "at": clock.rfc3339(at)} for status, at in entry.history
        ],
    }
