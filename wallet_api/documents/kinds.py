"""The words that MongoDB holds: kinds of movements, statuses of withdrawals, why one failed."""

from enum import StrEnum


class MovementKind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    REFUSED = "refused"
    """A withdrawal that found too little: it moves nothing, and has no ledger entry."""


ENTRY_KINDS = tuple(kind.value for kind in MovementKind if kind is not MovementKind.REFUSED)
"""Those that move money: each has a ledger entry."""


class WithdrawalStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"


STATUSES = tuple(status.value for status in WithdrawalStatus)


class FailureReason(StrEnum):
    INSUFFICIENT_FUNDS = "insufficient_funds"
    LIMIT_EXCEEDED = "limit_exceeded"


REFUSALS = tuple(reason.value for reason in FailureReason)
"""Of withdrawals that were refused: nothing was ever debited."""
