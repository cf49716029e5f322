"""Whether the record of a withdrawal says what its movement says, member by member."""

from datetime import datetime
from typing import Any

from wallet_api.audit.payout_record import payout_problem
from wallet_api.documents.kinds import REFUSALS, MovementKind, RefundState, WithdrawalStatus
from wallet_api.ledger_signing import PLAIN

Document = dict[str, Any]

OF_PAYOUTS = {"refund", "refundedAt", "attempts", "dueAt"}
"""Members of withdrawals that are paid out by a gateway."""


def record_problems(record: Document, source: Document) -> list[str]:
    """What the record says otherwise than its ledger entry, or its movement in the outbox.

    An entry of older code tells neither destination nor key.
    """
    of_ledger = "_id" in source
    pairs = [
        ("createdAt", source.get("at")),
        ("balanceAfterCents", source["balanceAfterCents"]),
        ("backendKey", source.get("backendKey")),
        ("limitDay", source.get("limitDay")),
        ("newDestination", source.get("newDestination")),
        ("gateway", source.get("gateway")),
    ]
    if not of_ledger or source.get("digestVersion", PLAIN) != PLAIN:
        key = source.get("withdrawalKey" if of_ledger else "idempotencyKey")
        pairs.append(("destination", source.get("destination")))
        pairs.append(("idempotencyKey", None if key is None else str(key).partition(":")[2]))
    if source.get("kind") == MovementKind.REFUSED:
        pairs.append(("amountCents", source.get("requestedCents")))
        pairs.append(("exceeded", source.get("exceeded")))
    return [
        f"its {name} is {_shown(record.get(name))}, the movement's {_shown(said)}"
        for name, said in pairs
        if record.get(name) != said
    ]


def refund_problems(record: Document, refund: Document) -> list[str]:
    """What a withdrawal that has failed says otherwise than its refund."""
    pairs = [("failureReason", refund.get("reason")), ("gateway", refund.get("gateway"))]
    if "gateway" not in record:
        pairs.append(("reversedAt", refund.get("at")))
    elif record.get("refund") == RefundState.PAID:
        pairs.append(("refundedAt", refund.get("at")))
    return [
        f"its {name} is {_shown(record.get(name))}, the refund's {_shown(said)}"
        for name, said in pairs
        if record.get(name) != said
    ]


def status_problem(record: Document) -> str | None:
    """What the record's status, its history and its times say against each other."""
    status, history = record.get("status"), record.get("history")
    try:
        if "gateway" in record:
            return payout_problem(record)
        told = [(change["status"], change["at"]) for change in history or ()]
    except (KeyError, TypeError):
        return f"its history is {history!r}"
    if not told or told[-1][0] != status:
        return f"its status is {status}, its history ends otherwise"
    if is_open(record) and "movedInAt" not in record:
        return f"it is {status}, and has no gateway that could pay it"
    if said := OF_PAYOUTS & record.keys():
        return f"it has no gateway, and has a {min(said)}"
    expected = told
    if "movedInAt" not in record:
        expected = _history(record) or [(told[0][0], record.get("createdAt")), *told[1:]]
    elif "reversedAt" in record:
        expected = [*told[:-1], (WithdrawalStatus.FAILED, record["reversedAt"])]
    if told != expected:
        return "its history does not fit its status and its times"
    if status == WithdrawalStatus.SUCCESS and {"reversedAt", "failureReason"} & record.keys():
        return "it has succeeded, and says why it failed"
    return None


def was_refused(record: Document) -> bool:
    """Whether nothing was debited. (Whoever reverses a payout may give the reason of a refusal.)"""
    return (
        record.get("status") == WithdrawalStatus.FAILED
        and record.get("failureReason") in REFUSALS
        and not record.keys() & {"reversedAt", "gateway"}
    )


def is_open(record: Document) -> bool:
    """Whether its payout has no end yet."""
    return record.get("status") in (WithdrawalStatus.PENDING, WithdrawalStatus.PROCESSING)


def _history(record: Document) -> list[tuple[Any, Any]] | None:
    """What this service writes; None: a status that it never writes by itself."""
    created = record.get("createdAt")
    if record.get("status") == WithdrawalStatus.SUCCESS:
        return [(WithdrawalStatus.SUCCESS, created)]
    if was_refused(record):
        return [(WithdrawalStatus.FAILED, created)]
    if "reversedAt" in record:
        failed = (WithdrawalStatus.FAILED, record["reversedAt"])
        return [(WithdrawalStatus.SUCCESS, created), failed]
    return None


def _shown(value: Any) -> str:
    if value is None:
        return "missing"
    return value.isoformat() if isinstance(value, datetime) else repr(value)
