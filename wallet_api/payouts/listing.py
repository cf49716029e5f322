"""Payouts as an operator sees them."""

from collections.abc import Iterator
from typing import Any

from bson import ObjectId

from wallet_api.clock import rfc3339
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import NotFound
from wallet_api.money import as_shown
from wallet_api.payouts.gateway import Answer

Found = dict[str, Any]

OF_THE_SERVICE = ("_id", "fence", "gatewayState", "schemaVersion", "tries")
"""Members that tell an operator nothing."""


def payouts(needs_review: bool, status: str | None, limit: int) -> Iterator[Found]:
    """At most `limit`: those that a person must look at, those of a status, the newest first; or
    those that are not finished, the one that is due next first. One round trip by 1000."""
    wanted: dict[str, Any] = {"gateway": {"$exists": True}}
    order = [("_id", -1)]
    if status is not None:
        wanted["status"] = status
    if needs_review:
        wanted["needsReview"] = {"$exists": True}
    elif status is None:
        wanted["dueAt"] = {"$exists": True}
        order = [("dueAt", 1)]
    yield from Withdrawal._get_collection().find(wanted).sort(order).limit(limit)


def payout(withdrawal: ObjectId) -> Found:
    """One round trip. Raises NotFound."""
    wanted = {"_id": withdrawal, "gateway": {"$exists": True}}
    found: Found | None = Withdrawal._get_collection().find_one(wanted)
    if found is None:
        raise NotFound("No withdrawal of this id is paid out by a gateway.")
    return found


def line(found: Found) -> str:
    """For people: one line."""
    amount = as_shown(found["amountCents"], found["currency"])
    parts = [str(found["_id"]), f"{found['status']:<10}", f"{amount:>16}", found["gateway"]]
    parts.append(rfc3339(found["createdAt"]))
    if "refund" in found:
        parts.append(f"{found.get('failureReason')}, refund {found['refund']}")
    if "needsReview" in found:
        parts.append(f"REVIEW: {found['needsReview']}")
    return "  ".join(parts)


def lines(found: Found) -> Iterator[str]:
    """For people: all that is known of it."""
    members = as_json(found)
    lists = {name: members.pop(name) for name in ("history", "attempts") if name in members}
    for name, value in members.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {each}" for key, each in value.items())
        yield f"{name:<18}{value}"
    for name, changes in lists.items():
        for change in changes:
            yield f"{name:<18}" + ", ".join(str(value) for value in change.values())


def as_json(found: Found) -> Found:
    """For programs: names as the API's, and `id`."""
    members = {name: value for name, value in found.items() if name not in OF_THE_SERVICE}
    attempts = [_told(each, "reference", "at", "lastAt") for each in members.pop("attempts", [])]
    told = {"id": str(found["_id"]), **_plain(members)}
    told["amount"] = as_shown(found["amountCents"], found["currency"])
    return told | ({"attempts": _plain(attempts)} if attempts else {})


def said(answer: Answer) -> str:
    """What a gateway has answered, in a line."""
    members = {
        "its reference": answer.gateway_reference,
        "trace": answer.trace,
        "reason": answer.reason,
        "description": answer.description,
        "trouble": answer.trouble,
        "to review": answer.needs_review,
    }
    more = [f"{name} {value}" for name, value in members.items() if value is not None]
    return ", ".join([str(answer.verdict), *more])


def _told(attempt: Found, *names: str) -> Found:
    return {name: attempt[name] for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, ObjectId):
        return str(value)
    return rfc3339(value) if hasattr(value, "isoformat") else value
