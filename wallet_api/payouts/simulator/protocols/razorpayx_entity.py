"""How RazorpayX words a payout, a list, an error and an event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wallet_api.payouts.simulator.views import UNKNOWN_WORD, View
from wallet_api.payouts.simulator.wire.messages import Reply, json_reply

MERCHANT = "acc_simulator00001"

_STATES = {
    "accepted": ("processing", "queued", "pending"),
    "settled": ("processed",),
    "declined": ("failed", "rejected"),
    "returned": ("reversed",),
    UNKNOWN_WORD: (UNKNOWN_WORD,),
}
"""Which of several a payout gets follows from its id."""

_REASONS: dict[str | None, tuple[str, str, str]] = {
    None: ("", "", ""),
    "insufficient_funds": (
        "insufficient_funds",
        "business",
        "Payout failed due to insufficient balance in your account.",
    ),
    "cancelled": ("payout_cancelled", "business", "The payout was cancelled."),
    "beneficiary_account_closed": (
        "beneficiary_bank_account_closed",
        "beneficiary_bank",
        "The beneficiary's account is closed.",
    ),
    "beneficiary_bank_returned": (
        "beneficiary_bank_rejected",
        "beneficiary_bank",
        "The beneficiary's bank has returned the money.",
    ),
}


def state_of(view: View) -> str:
    if view.reason == "insufficient_funds":
        return "failed"
    if view.reason == "cancelled":
        return "cancelled"
    words = _STATES[view.status]
    return words[sum(view.gateway_reference.encode()) % len(words)]


def entity_of(view: View) -> dict[str, Any]:
    reason, source, description = _REASONS[view.reason]
    details = {
        "reason": reason or None,
        "description": description or None,
        "source": source or None,
    }
    return {
        "id": view.gateway_reference,
        "entity": "payout",
        "fund_account_id": f"fa_{view.gateway_reference[5:]}",
        "amount": view.amount_minor,
        "currency": view.currency,
        "notes": [],
        "fees": view.fee_minor,
        "tax": 0,
        "status": state_of(view),
        "purpose": "payout",
        "utr": view.trace,
        "mode": view.entry.asked.get("mode", "IMPS"),
        "reference_id": view.reference,
        "narration": view.entry.asked.get("narration"),
        "batch_id": None,
        "failure_reason": description or None,
        "created_at": int(view.created_at.timestamp()),
        "fee_type": None,
        "status_details": details,
        "merchant_id": MERCHANT,
        "status_details_id": None,
    }


def collection(views: Sequence[View]) -> Reply:
    items = [entity_of(view) for view in views]
    return json_reply(200, {"entity": "collection", "count": len(items), "items": items})


def event_of(view: View, at: datetime) -> dict[str, Any]:
    return {
        "entity": "event",
        "account_id": MERCHANT,
        "event": f"payout.{state_of(view)}",
        "contains": ["payout"],
        "payload": {"payout": {"entity": entity_of(view)}},
        "created_at": int(at.timestamp()),
    }


def error(status: int, description: str, field: str | None = None) -> Reply:
    body: dict[str, Any] = {
        "code": "BAD_REQUEST_ERROR",
        "description": description,
        "source": "business",
        "step": "payment_initiation" if field else None,
        "reason": "input_validation_failed" if field else None,
        "metadata": {},
        **({"field": field} if field else {}),
    }
    return json_reply(status, {"error": body})
