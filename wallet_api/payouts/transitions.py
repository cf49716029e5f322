"""From a gateway's answer to the withdrawal's next status, whoever brings the answer."""

import logging
from datetime import datetime, timedelta
from typing import Any

from wallet_api.documents.kinds import PayoutFailure, RefundState, WithdrawalStatus
from wallet_api.payouts.change import UNFINISHED, Change, failed, nothing_due, settled
from wallet_api.payouts.gateway import Answer, Verdict
from wallet_api.payouts.record import PayoutRecord
from wallet_api.payouts.storable import unstorable

PAID_AFTER_REFUND = "paid_after_refund"
"""The worst end: the money is with the recipient, and back in the wallet."""

CAME_BACK = (Verdict.DECLINED, Verdict.RETURNED)
ENDS = (Verdict.SETTLED, *CAME_BACK)


def change_by(
    record: PayoutRecord, answer: Answer, wait: timedelta, review_after: timedelta, now: datetime
) -> Change:
    """What the answer makes of the withdrawal.

    `wait`: until it is taken up again where the answer is no end. `review_after`: an end that takes
    longer is shown to a person.
    """
    answer = believed(record, answer)
    change = _end(record, answer, now)
    if change is None:
        change = _go_on(record, answer, wait, review_after, now)
    elif record.told is not None and is_told_otherwise(record.told, answer):
        _ask_again(change, record, answer, wait, review_after, now)
    if answer.needs_review is not None:
        change.review(record, answer.needs_review)
    change.to_set |= _words_of(answer)
    change.agreeing = [end for end in ENDS if not is_told_otherwise(end, answer)]
    return change


def believed(record: PayoutRecord, answer: Answer) -> Answer:
    """The answer, or UNKNOWN where it is about something else than was asked for, or where the
    adapter has a defect: what it says cannot be stored."""
    if (member := unstorable(answer)) is not None:
        reason = f"the adapter has a defect: its {member} cannot be stored"
        return Answer(verdict=Verdict.UNKNOWN, needs_review=reason)
    ours = {each.reference for each in record.attempts}
    for name, theirs, fits in (
        ("reference", answer.reference, answer.reference in ours),
        ("amount", answer.amount_cents, answer.amount_cents == record.amount_cents),
        ("currency", answer.currency, answer.currency == record.currency),
    ):
        if theirs is not None and not fits:
            reason = f"the gateway answers about another {name}: {theirs}"
            return Answer(verdict=Verdict.UNKNOWN, needs_review=reason)
    return answer


def _end(record: PayoutRecord, answer: Answer, now: datetime) -> Change | None:
    """None: the answer is no end, and the payout must be asked about again."""
    if record.is_open:
        return _end_of_open(record, answer, now)
    if record.status == WithdrawalStatus.SUCCESS:
        return _end_of_paid(record, answer, now)
    # A refund that is owed stays due, whatever is heard of the payout.
    change = Change() if record.refund == RefundState.OWED else nothing_due()
    if answer.verdict == Verdict.SETTLED:
        change.review(record, PAID_AFTER_REFUND)
        return change
    return change if answer.verdict in (*CAME_BACK, Verdict.NOT_FOUND) else None


def _end_of_open(record: PayoutRecord, answer: Answer, now: datetime) -> Change | None:
    match answer.verdict:
        case Verdict.SETTLED:
            return settled(record)
        case Verdict.DECLINED:
            return failed(record, PayoutFailure.DECLINED, now)
        case Verdict.RETURNED:
            return failed(record, PayoutFailure.RETURNED, now)
        case _:
            return None


def _end_of_paid(record: PayoutRecord, answer: Answer, now: datetime) -> Change | None:
    """No success is final: banks return payouts for days."""
    if answer.verdict in CAME_BACK:
        return failed(record, PayoutFailure.RETURNED, now)
    return nothing_due() if answer.verdict == Verdict.SETTLED else None


def is_told_otherwise(told: Verdict, answer: Answer) -> bool:
    """Whether a callback has told another end than this one."""
    if told in CAME_BACK:
        return answer.verdict not in (*CAME_BACK, Verdict.NOT_FOUND)
    # What came back was paid before: of two callbacks the first, or one that was overtaken.
    return answer.verdict not in (told, Verdict.RETURNED)


def _ask_again(
    change: Change,
    record: PayoutRecord,
    answer: Answer,
    wait: timedelta,
    review_after: timedelta,
    now: datetime,
) -> None:
    """The gateway's inquiries may lag behind its callbacks; for a time only."""
    if record.told_at is not None and now - record.told_at > review_after:
        change.review(record, f"a callback has told {record.told}, an inquiry {answer.verdict}")
        return
    change.to_set |= {"dueAt": now + wait}
    change.to_unset -= {"tries", "told"}


def _go_on(
    record: PayoutRecord,
    answer: Answer,
    wait: timedelta,
    review_after: timedelta,
    now: datetime,
) -> Change:
    if answer.retry_after_seconds is not None:
        wait = max(wait, timedelta(seconds=answer.retry_after_seconds))
    change = Change(to_set={"dueAt": now + wait}, to_unset={"fence"})
    if answer.verdict == Verdict.NOT_TAKEN:
        change.event, change.level = "payout_not_taken", logging.WARNING
        change.trouble = answer.trouble
    begun = record.told_at or record.created_at
    if now - begun > review_after and record.needs_review is None:
        change.review(record, UNFINISHED)
    return change


def _words_of(answer: Answer) -> dict[str, Any]:
    """What the answer says of the payout, for people and for the next inquiry."""
    details = {
        "reason": answer.reason,
        "source": answer.source,
        "description": answer.description,
    }
    members = {
        "gatewayReference": answer.gateway_reference,
        "trace": answer.trace,
        "feeCents": answer.fee_cents,
        "gatewayState": dict(answer.state) or None,
        "statusDetails": {name: said for name, said in details.items() if said is not None} or None,
    }
    return {name: value for name, value in members.items() if value is not None}
