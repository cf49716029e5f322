"""What reconciliation finds: each kind has a stable word."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """In the order in which they are told; losses before all others."""

    PAID_AFTER_REFUND = "paid_after_refund"
    """Failed here, and the money is back in the wallet or on its way; paid there. A loss."""
    PAID_TWICE = "paid_twice"
    """Several payouts of one withdrawal are paid. A loss."""
    MISSING_HERE = "missing_here"
    """No withdrawal of the gateway stands against it. A loss where it is paid."""
    AMOUNT_DIFFERS = "amount_differs"
    """A loss where more is paid than was debited."""
    CURRENCY_DIFFERS = "currency_differs"
    RETURNED_NOT_REFUNDED = "returned_not_refunded"
    DECLINED_NOT_REFUNDED = "declined_not_refunded"
    MISSING_THERE = "missing_there"
    """Paid here, or open for too long; the list does not have it."""
    STATUS_DIFFERS = "status_differs"
    """In any other way."""
    CONTRADICTED = "contradicted"
    """The list tells two things of one payout at one time."""


class Note(StrEnum):
    """What is no difference, and is counted."""

    OPEN = "open"
    """Not at its end here, and young enough."""
    AT_THE_EDGE = "at_the_edge"
    """Not in the list, and its time reaches beyond the period's beginning or end."""
    ENDED_SINCE = "ended_since"
    """At work there and at its end here, or paid there and returned here: the list is older."""
    NOT_EXPECTED = "not_expected"
    """Not in the list, and need not be: failed here, or not yet sent."""
    OUTSIDE = "outside"
    """Lines about withdrawals of before or after the period."""
    REPEATED = "repeated"
    """Further lines of one payout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    kind: Kind
    detail: str
    is_loss: bool = False
    withdrawal: str | None = None
    """Our id."""
    reference: str | None = None
    gateway_reference: str | None = None
    trace: str | None = None
    status: str | None = None
    """Ours; None: there is no withdrawal."""
    their_status: str | None = None
    amount_cents: int | None = None
    """Minor units of `currency`, as debited here."""
    currency: str | None = None
    their_amount_cents: int | None = None
    their_currency: str | None = None
    loss_cents: int | None = None
    """Minor units of `their_currency`; None: it is no loss."""

    @property
    def rank(self) -> int:
        """Losses first."""
        return (0 if self.is_loss else len(Kind)) + list(Kind).index(self.kind)
