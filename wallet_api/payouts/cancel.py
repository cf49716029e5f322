"""A user takes a withdrawal back, while nothing of it has been sent."""

from dataclasses import replace

from bson import ObjectId

from wallet_api import clock
from wallet_api.documents.kinds import PayoutFailure, WithdrawalStatus
from wallet_api.errors import IllegalStatusChange
from wallet_api.payouts import record
from wallet_api.payouts.change import failed
from wallet_api.payouts.record import PayoutRecord
from wallet_api.payouts.refunds import pay_back


def cancel(withdrawal: ObjectId) -> None:
    """Two round trips, and those of the refund. Repeated, it makes sure of the refund.

    A worker may take the payout up at the same time: one of the two wins.

    Raises IllegalStatusChange: it has been sent, or needs no sending.
    """
    found = record.read(withdrawal)
    if found is None or not (_is_cancelled(found) or _decide(found)):
        raise IllegalStatusChange("A withdrawal can be cancelled while its status is pending.")
    pay_back(replace(found, failure_reason=PayoutFailure.CANCELLED))


def _decide(found: PayoutRecord) -> bool:
    if found.status != WithdrawalStatus.PENDING:
        return False
    now = clock.now()
    return failed(found, PayoutFailure.CANCELLED, now).apply(found, now)


def _is_cancelled(found: PayoutRecord) -> bool:
    return found.failure_reason == PayoutFailure.CANCELLED
