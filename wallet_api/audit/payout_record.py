"""Whether the record of a withdrawal that is paid out contradicts itself."""

from typing import Any

from wallet_api.documents.kinds import PayoutFailure, RefundState, WithdrawalStatus
from wallet_api.payouts.references import reference_of

Record = dict[str, Any]

PENDING, PROCESSING, SUCCESS, FAILED = WithdrawalStatus

COURSES = {
    (PENDING,),
    (PENDING, PROCESSING),
    (PENDING, PROCESSING, SUCCESS),
    (PENDING, FAILED),
    (PENDING, PROCESSING, FAILED),
    (PENDING, PROCESSING, SUCCESS, FAILED),
}
"""The statuses that it can have gone through."""

OF_FAILURES = {"failureReason", "reversedAt", "refund", "refundedAt"}


def payout_problem(record: Record) -> str | None:
    """What the statuses, the times, the references and the refund say against each other.

    None: nothing. Whether its movements fit is another question.

    Raises KeyError, TypeError: its history is no list of changes.
    """
    told = [(change["status"], change["at"]) for change in record["history"]]
    course = tuple(status for status, _ in told)
    if course not in COURSES or course[-1] != record.get("status"):
        return f"its history, {', '.join(map(str, course))}, is no course of a payout"
    if told[0][1] != record.get("createdAt"):
        return "its history does not begin when it was asked for"
    if "movedInAt" in record:
        return "another system made it, and this one is to pay it out"
    return _attempts_problem(record, dict(told)) or _end_problem(record, dict(told))


def _attempts_problem(record: Record, times: dict[str, Any]) -> str | None:
    attempts = record.get("attempts", [])
    if not isinstance(attempts, list):
        return f"its attempts are {attempts!r}"
    for number, attempt in enumerate(attempts, start=1):
        reference = attempt.get("reference") if isinstance(attempt, dict) else attempt
        if reference != reference_of(record["_id"], number):
            return f"attempt {number} has the reference {reference!r}, which is not its own"
    if bool(attempts) != (PROCESSING in times):
        return f"its gateway was asked under {len(attempts)} references, its history differs"
    if attempts and attempts[0].get("at") != times[PROCESSING]:
        return "its history does not tell when its gateway was first asked"
    return None


def _end_problem(record: Record, times: dict[str, Any]) -> str | None:
    if FAILED in times:
        return _failure_problem(record, times)
    if said := OF_FAILURES & record.keys():
        return f"it has not failed, and has a {min(said)}"
    if SUCCESS not in times and "dueAt" not in record:
        return "no worker will ever take it up: it is not due"
    return None


def _failure_problem(record: Record, times: dict[str, Any]) -> str | None:
    reason, refund = record.get("failureReason"), record.get("refund")
    if reason not in list(PayoutFailure):
        return f"it has failed because of {reason!r}"
    if refund not in list(RefundState):
        return f"its refund is {refund!r}"
    if (refund == RefundState.PAID) != ("refundedAt" in record):
        return f"its refund is {refund}, its refundedAt {record.get('refundedAt')}"
    if refund == RefundState.OWED and "dueAt" not in record:
        return "no worker will ever refund it: it is not due"
    came_back = times[FAILED] if reason == PayoutFailure.RETURNED else None
    if record.get("reversedAt") != came_back:
        return f"it was {reason}, its reversedAt is {record.get('reversedAt')}"
    if SUCCESS in times and came_back is None:
        return f"it had been paid, and was then {reason}"
    if (reason == PayoutFailure.CANCELLED) != (PROCESSING not in times):
        return f"it was {reason}, which its history rules out"
    return None
