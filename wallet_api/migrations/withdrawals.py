"""Withdrawals of the original: kept with their status and key, their money in the opening balance.

So a key of the original, sent again, is answered with the original's record, and pays nothing.
"""

import re
from typing import Any

from bson import ObjectId

from wallet_api import clock
from wallet_api.documents.kinds import STATUSES, FailureReason, WithdrawalStatus
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.migrations.amounts import whole_cents
from wallet_api.migrations.batches import ABSENT, Change, apply, batches_of
from wallet_api.migrations.report import Report

MOVED_IN = "withdrawals moved in"
STAMPED = "withdrawals given the version"

REFUSED = "Insufficient balance or wallet not found"
"""What the original called `insufficient_funds`."""

OF_OURS = (
    *("backendKey", "exceeded", "limitDay", "newDestination", "reversedAt"),
    *("gateway", "dueAt", "fence", "tries", "attempts", "gatewayReference", "gatewayState", "told"),
    *("trace", "feeCents", "statusDetails", "refund", "refundedAt", "needsReview"),
    *("refusal", "bookedAt", "digestVersion"),
)
"""Members that mean something here, and something else in an original that has them: a worker would
take up what has a `gateway` and a `dueAt`."""
ASIDE = "ofTheOriginal"
"""Where they are kept."""

# The original kept the header as it came; the quotes of a structured field are no part of the key.
_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"', re.ASCII)


def migrate_withdrawals(report: Report) -> None:
    """Change every older withdrawal but those that are reported. Two round trips for each batch."""
    for some in batches_of(Withdrawal, report):
        balances = _balances([withdrawal.get("user") for withdrawal in some])
        changes = []
        for withdrawal in some:
            if not original(withdrawal):
                changes.append(Change(withdrawal["_id"], {}, {}, (STAMPED,)))
            elif problem := _problem(withdrawal):
                report.leave(f"withdrawal {withdrawal['_id']}: {problem}")
            else:
                changes.append(_change(withdrawal, balances.get(withdrawal["user"], 0)))
        for refused in apply(Withdrawal, changes, report):
            key = refused.set.get("idempotencyKey")
            report.leave(f"withdrawal {refused.id}: its user has used the key {key!r} twice")


def original(withdrawal: dict[str, Any]) -> bool:
    """Whether the Node original has written it, since ours tell the balance after them."""
    return "balanceAfterCents" not in withdrawal


def plain_key(stored: str) -> str:
    """The key of a stored header, as this service reads the same header."""
    quoted = _QUOTED.fullmatch(stored)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else stored


def leave_unsettled(report: Report) -> None:
    """Report the moved-in withdrawals of which nobody knows whether they were paid. A scan."""
    unsettled = {
        "status": {"$in": [WithdrawalStatus.PENDING, WithdrawalStatus.PROCESSING]},
        "$or": [{"movedInAt": {"$exists": True}}, {"balanceAfterCents": ABSENT}],
    }
    for found in Withdrawal._get_collection().find(unsettled).sort("_id", 1):
        report.leave(
            f"withdrawal {found['_id']} of user {found.get('user')}, "
            f"{found.get('amountCents')} cents {found.get('currency')}: "
            f"it was {found['status']} when the original stopped; was it debited, was it paid?"
        )


def _problem(withdrawal: dict[str, Any]) -> str | None:
    if not isinstance(withdrawal.get("user"), ObjectId):
        return f"its user is {withdrawal.get('user')!r}"
    if not whole_cents(withdrawal.get("amountCents")):
        return f"its amountCents is {withdrawal.get('amountCents')!r}"
    if withdrawal.get("status") not in STATUSES:
        return f"its status is {withdrawal.get('status')!r}"
    for name in ("currency", "destination"):
        if not isinstance(withdrawal.get(name), str):
            return f"its {name} is {withdrawal.get(name)!r}"
    return None


def _change(withdrawal: dict[str, Any], balance_cents: int) -> Change:
    created = withdrawal.get("createdAt") or withdrawal["_id"].generation_time
    changed_at = withdrawal.get("updatedAt") or created
    changed: dict[str, Any] = {
        "amountCents": whole_cents(withdrawal["amountCents"]),
        "balanceAfterCents": balance_cents,
        "history": [{"status": withdrawal["status"], "at": changed_at}],
        "createdAt": created,
        "movedInAt": clock.now(),
    }
    more: dict[str, Any] = {}
    if withdrawal.get("failureReason") == REFUSED:
        changed["failureReason"] = FailureReason.INSUFFICIENT_FUNDS
    key = withdrawal.get("idempotencyKey")
    if isinstance(key, str) and key:
        changed["idempotencyKey"] = plain_key(key)
    elif "idempotencyKey" in withdrawal:
        more["$unset"] = {"idempotencyKey": ""}
    if foreign := [name for name in OF_OURS if name in withdrawal]:
        more["$rename"] = {name: f"{ASIDE}.{name}" for name in foreign}
    unchanged = {"status": withdrawal["status"], "amountCents": withdrawal["amountCents"]}
    return Change(withdrawal["_id"], unchanged, changed, (MOVED_IN,), more)


def _balances(users: list[Any]) -> dict[ObjectId, int]:
    """Minor units, by user: what a replay of an old key tells, since the original told none."""
    wallets = Wallet._get_collection().find(
        {"user": {"$in": users}}, {"user": 1, "balanceCents": 1}
    )
    return {wallet["user"]: whole_cents(wallet.get("balanceCents")) or 0 for wallet in wallets}
