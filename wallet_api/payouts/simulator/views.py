"""What the gateway tells of a payout, which need not be true."""

from dataclasses import dataclass, replace
from datetime import datetime

from wallet_api.payouts.simulator.books import Entry
from wallet_api.payouts.simulator.script import Status, Wrong

UNKNOWN_WORD = "in_orbit"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    reference: str
    gateway_reference: str
    amount_minor: int
    currency: str
    status: str
    """Of Status, or a word that nobody knows."""
    reason: str | None
    trace: str | None
    """The banks' own number, once money has moved."""
    fee_minor: int
    created_at: datetime
    entry: Entry
    """For what a protocol repeats of the request."""


def view_of(entry: Entry) -> View:
    """The truth."""
    return View(
        reference=entry.reference,
        gateway_reference=entry.gateway_reference,
        amount_minor=entry.amount_minor,
        currency=entry.currency,
        status=entry.status.value,
        reason=entry.reason,
        trace=entry.trace if entry.status in (Status.SETTLED, Status.RETURNED) else None,
        fee_minor=entry.fee_minor,
        created_at=entry.created_at,
        entry=entry,
    )


def distorted(view: View, wrong: Wrong) -> View:
    match wrong:
        case Wrong.REFERENCE:
            other = "0" if view.reference[-1] != "0" else "1"
            return replace(view, reference=view.reference[:-1] + other)
        case Wrong.AMOUNT_X100:
            return replace(view, amount_minor=view.amount_minor * 100)
        case Wrong.AMOUNT_LESS_FEE:
            return replace(view, amount_minor=view.amount_minor - view.fee_minor)
        case Wrong.CURRENCY:
            return replace(view, currency="USD" if view.currency != "USD" else "EUR")
        case Wrong.STATUS_WORD:
            return replace(view, status=UNKNOWN_WORD)
