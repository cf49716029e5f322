"""What an operator decides of a payout: by the same changes as a gateway's answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto

from bson import ObjectId
from bson.errors import InvalidId

from wallet_api import clock
from wallet_api.clock import rfc3339
from wallet_api.config import settings
from wallet_api.documents.kinds import PayoutFailure, RefundState, WithdrawalStatus
from wallet_api.errors import IllegalStatusChange, NotFound, Unavailable
from wallet_api.payouts import record
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.change import MOST_TRIES, Change, failed, settled
from wallet_api.payouts.choice import gateway_of
from wallet_api.payouts.destinations import WALLET
from wallet_api.payouts.gateway import Answer, Verdict
from wallet_api.payouts.record import PayoutRecord
from wallet_api.payouts.references import withdrawal_of
from wallet_api.payouts.refunds import pay_back
from wallet_api.payouts.transitions import ENDS, PAID_AFTER_REFUND, believed, change_by

_FAILURE_OF = {
    WithdrawalStatus.PENDING: PayoutFailure.CANCELLED,
    WithdrawalStatus.PROCESSING: PayoutFailure.DECLINED,
    WithdrawalStatus.SUCCESS: PayoutFailure.RETURNED,
}


ChangeOf = Callable[[PayoutRecord, datetime], Change | None]
"""What is to become of the payout as it is now; None: nothing."""


class Done(Enum):
    SETTLED = auto()
    FAILED = auto()
    """And refunded."""
    LOST = auto()
    """It had been refunded before it was known to be paid."""
    NOTHING = auto()
    """It was so already."""


def withdrawal_called(text: str) -> ObjectId:
    """By its id, or by a reference that a gateway was given. Raises NotFound: it is neither."""
    try:
        return withdrawal_of(text) or ObjectId(text)
    except InvalidId:
        raise NotFound("A withdrawal is called by its 24 hexadecimal digits.") from None


def find(withdrawal: ObjectId) -> PayoutRecord:
    """One round trip. Raises NotFound."""
    found = record.read(withdrawal)
    if found is None:
        raise NotFound("No withdrawal of this id is paid out by a gateway.")
    return found


def inquire(withdrawal: ObjectId) -> tuple[Answer, Done]:
    """Ask its gateway now, and let an end that it tells decide. One request; two round trips, and
    those of a refund. An answer that is no end changes nothing: the worker goes on.

    Raises NotFound; IllegalStatusChange: it was never sent, or its gateway cannot be asked.
    """
    found = find(withdrawal)
    try:
        gateway = gateway_of(found)
    except registry.NotConfigured as missing:
        raise IllegalStatusChange(str(missing)) from None
    if not found.attempts:
        raise IllegalStatusChange("It has never been sent, so that its gateway knows nothing.")
    if not gateway.traits.can_inquire:
        raise IllegalStatusChange(f"The gateway {found.gateway} cannot be asked.")
    answer = believed(found, gateway.inquire(found.payout(found.attempts[-1].reference)))
    if answer.verdict not in ENDS:
        return answer, Done.NOTHING
    return answer, _decide(found, lambda again, now: _by_answer(again, answer, now))


def settle(withdrawal: ObjectId, reason: str) -> Done:
    """It is paid: the operator knows it. Two round trips.

    Of one that has failed, that is a loss, which is recorded: its money is back in the wallet, or
    on its way.

    Raises NotFound; IllegalStatusChange: it was never sent, or a worker is sending it just now.
    """

    def change(found: PayoutRecord, now: datetime) -> Change | None:
        _check_no_transfer(found)
        if found.status == WithdrawalStatus.PENDING:
            raise IllegalStatusChange("It has never been sent. `payouts fail` gives it back.")
        if found.status == WithdrawalStatus.SUCCESS:
            return None
        if found.is_open:
            _check_no_worker(found)
            return _said(replace(settled(found), needs_fence=True), reason)
        return _said(_by_answer(found, Answer(verdict=Verdict.SETTLED), now), reason)

    return _decide(find(withdrawal), change)


def fail(withdrawal: ObjectId, reason: str) -> Done:
    """It is not paid, or came back: the operator knows it. It is refunded, once. Two round trips,
    and those of the refund.

    Raises NotFound; IllegalStatusChange: a worker is sending it at this moment.
    """

    def change(found: PayoutRecord, now: datetime) -> Change | None:
        _check_no_transfer(found)
        if found.status == WithdrawalStatus.FAILED:
            return None
        _check_no_worker(found)
        return _said(failed(found, _FAILURE_OF[found.status], now), reason)

    done = _decide(find(withdrawal), change)
    if done is Done.NOTHING and (found := find(withdrawal)).refund == RefundState.OWED:
        pay_back(found)
    return done


def retry(withdrawal: ObjectId) -> None:
    """Have a worker take it up now; its review is over. Two round trips.

    Raises NotFound; IllegalStatusChange: nothing is left to do, or a worker is at it.
    """
    found = find(withdrawal)
    if not (found.is_open or found.refund == RefundState.OWED):
        raise IllegalStatusChange("It has its end: nothing is left to do.")
    _check_no_worker(found)
    change = Change(to_set={"dueAt": clock.now(), "tries": 0}, to_unset={"needsReview"})
    if not change.apply(found, clock.now()):
        raise Unavailable("It was changed at the same moment. Look at it again.")


def _decide(found: PayoutRecord, change_of: ChangeOf) -> Done:
    """Write what is decided of the payout as it is, and read it again where it was not so."""
    for _ in range(MOST_TRIES):
        now = clock.now()
        change = change_of(found, now)
        if change is None:
            return Done.NOTHING
        if change.apply(found, now):
            if "refund" in change.to_set:
                pay_back(replace(found, failure_reason=change.to_set["failureReason"]))
                return Done.FAILED
            if change.status is None:
                lost = change.to_set.get("needsReview") == PAID_AFTER_REFUND
                return Done.LOST if lost else Done.NOTHING
            return Done.SETTLED
        found = find(found.id)
    raise Unavailable("It is changed at every moment. Look at it again.")


def _by_answer(found: PayoutRecord, answer: Answer, now: datetime) -> Change:
    chosen = settings().payouts
    return change_by(found, answer, chosen.first_wait, chosen.review_after, now)


def _said(change: Change, reason: str) -> Change:
    """Why, for its user too."""
    change.to_set["statusDetails"] = {"source": "operator", "description": reason}
    change.reason = reason
    return change


def _check_no_transfer(found: PayoutRecord) -> None:
    """Of a transfer nobody knows more than this ledger."""
    if found.gateway == WALLET:
        raise IllegalStatusChange(
            "It goes to another wallet, where it has arrived or not. `payouts retry` finds out."
        )


def _check_no_worker(found: PayoutRecord) -> None:
    """Neither a refund nor a payment by other means must overtake a submission."""
    if found.due_at is not None and found.is_in_hand(clock.now()):
        raise IllegalStatusChange(f"A worker is at it until {rfc3339(found.due_at)} at the latest.")
