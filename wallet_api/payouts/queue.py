"""The withdrawals are the queue: a worker claims the one that is due for longest."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from wallet_api.documents.kinds import WithdrawalStatus
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts.record import PayoutRecord, record_of
from wallet_api.payouts.references import PREFIX

_NEVER_SENT = {"$eq": ["$status", WithdrawalStatus.PENDING]}


def claim(gateways: Collection[str], now: datetime, lease: timedelta) -> PayoutRecord | None:
    """Take up the payout that is due for longest, of one of these gateways; None: nothing is due.

    For the length of the lease nobody else takes it up, unless clocks differ: what keeps it from
    being paid twice is the fence and the gateway's key. A payout that has never been sent gets its
    first attempt in the same update, so that it is stored before anything is sent. One round trip.
    """
    fence = ObjectId()
    document = Withdrawal._get_collection().find_one_and_update(
        {"dueAt": {"$lte": now}, "gateway": {"$in": list(gateways)}},
        [{"$set": _claimed(now, lease, fence)}],
        sort=[("dueAt", 1)],
        return_document=ReturnDocument.AFTER,
    )
    return None if document is None else record_of(document)


def _claimed(now: datetime, lease: timedelta, fence: ObjectId) -> dict[str, Any]:
    first = {
        "reference": {"$concat": [PREFIX, {"$toString": "$_id"}]},
        "at": now,
        "lastAt": now,
        "mayBeTaken": True,
        "fence": fence,
    }
    processing = {"status": WithdrawalStatus.PROCESSING, "at": now}
    return {
        "dueAt": now + lease,
        "fence": fence,
        "tries": {"$add": [{"$ifNull": ["$tries", 0]}, 1]},
        "attempts": _if_new([first], "$attempts"),
        "history": _if_new({"$concatArrays": ["$history", [processing]]}, "$history"),
        "status": _if_new(WithdrawalStatus.PROCESSING, "$status"),
    }


def _if_new(value: Any, otherwise: Any) -> dict[str, Any]:
    return {"$cond": [_NEVER_SENT, value, otherwise]}


def begin_submission(record: PayoutRecord, reference: str, now: datetime) -> bool:
    """Store that the payout is about to be sent under this reference, once more or for the first
    time. False: another worker has taken it up since, and nothing may be sent. One round trip."""
    known = [number for number, each in enumerate(record.attempts) if each.reference == reference]
    change: dict[str, Any]
    if known:
        path = f"attempts.{known[0]}"
        change = {"$set": {f"{path}.lastAt": now, f"{path}.mayBeTaken": True}}
    else:
        attempt = {"reference": reference, "at": now, "lastAt": now, "mayBeTaken": True}
        change = {"$push": {"attempts": attempt}}
    result = Withdrawal._get_collection().update_one(claimed_by(record), change)
    return bool(result.matched_count)


def wake(withdrawal: ObjectId, at: datetime, told: str | None = None) -> bool:
    """Have a payout looked at now, whatever its status. False: there is none, or it was never sent.
    One round trip.

    `told`: the verdict of a callback, which is asked about until the gateway says so itself.
    """
    change: dict[str, Any] = {"dueAt": at, "tries": 0}
    if told is not None:
        change["told"] = {"verdict": told, "at": at}
    # One that was never sent has no attempt: it is due anyway, or nothing of it will be sent.
    sent = {"_id": withdrawal, "gateway": {"$exists": True}, "attempts.0": {"$exists": True}}
    result = Withdrawal._get_collection().update_one(sent, {"$set": change})
    return bool(result.matched_count)


def claimed_by(record: PayoutRecord) -> dict[str, Any]:
    return {"_id": record.id, "fence": record.fence}
