"""The words that MongoDB holds: kinds of movements, statuses of withdrawals, why one failed."""

from enum import StrEnum


class MovementKind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    REFUSED = "refused"
    """A withdrawal that found too little: it moves nothing, and has no ledger entry."""
    TRANSFER_OUT = "transfer_out"
    """A withdrawal that goes to another wallet of this service."""
    TRANSFER_IN = "transfer_in"
    """What has come from another wallet."""


DEBITS = (MovementKind.WITHDRAWAL, MovementKind.TRANSFER_OUT)
"""Those that are asked for as withdrawals: each has a record in `withdrawals`."""


ENTRY_KINDS = tuple(kind.value for kind in MovementKind if kind is not MovementKind.REFUSED)
"""Those that move money: each has a ledger entry."""


class WithdrawalStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"


STATUSES = tuple(status.value for status in WithdrawalStatus)


def first_status(refused: bool, gateway: str | None) -> WithdrawalStatus:
    """Of a withdrawal that has just been asked for. `gateway`: by which it is to be paid out."""
    if refused:
        return WithdrawalStatus.FAILED
    return WithdrawalStatus.SUCCESS if gateway is None else WithdrawalStatus.PENDING


class PayoutFailure(StrEnum):
    """Why a withdrawal that was debited has failed."""

    DECLINED = "declined"
    """By the gateway."""
    RETURNED = "returned"
    """It had been paid, and came back."""
    NOT_FOUND = "not_found"
    """The gateway has never received it, and will not any more."""
    CANCELLED = "cancelled"
    """By the user, before it was sent to the gateway."""


class RefundState(StrEnum):
    """Of a withdrawal whose payout has failed."""

    OWED = "owed"
    PAID = "paid"


class FailureReason(StrEnum):
    INSUFFICIENT_FUNDS = "insufficient_funds"
    LIMIT_EXCEEDED = "limit_exceeded"


REFUSALS = tuple(reason.value for reason in FailureReason)
"""Of withdrawals that were refused: nothing was ever debited."""
