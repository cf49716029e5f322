"""The withdrawals are the queue: a worker claims those that are due for longest."""

import logging
import random
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from wallet_api.documents.kinds import RefundState, WithdrawalStatus
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts import waking
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.record import PayoutRecord, record_of
from wallet_api.payouts.references import PREFIX

log = logging.getLogger(__name__)

_NEVER_SENT = {"$eq": ["$status", WithdrawalStatus.PENDING]}

IN_HAND = {"$and": [{"$gt": ["$fence", None]}, {"$gt": ["$dueAt", "$$NOW"]}]}
"""A worker has taken it up, and its lease, by the database's clock, is not over."""

SPREAD = 4
"""A claim chooses among so many times what it takes: workers that claim at the same time would
else all want the same ones."""


def claim(
    gateways: Collection[str], now: datetime, lease: timedelta, most: int = 1
) -> list[PayoutRecord]:
    """Take up some of the payouts of these gateways, and of the refunds of any, that are due for
    longest, `most` at most.

    For the length of the lease nobody else takes them up, unless clocks differ: what keeps them
    from being paid twice is the fence and the gateway's key. A payout that has never been sent gets
    its first attempt in the same update, so that it is stored before anything is sent. One round
    trip where nothing is due, else three; three more where all that it has taken up is damaged.
    """
    while (claimed := _claim_once(gateways, now, lease, most)) is not None:
        found = [record for record in map(_read, claimed) if record is not None]
        if found:
            return found
    return []


def _claim_once(
    gateways: Collection[str], now: datetime, lease: timedelta, most: int
) -> list[dict[str, Any]] | None:
    """None: nothing is due, or others were faster."""
    records, fence = Withdrawal._get_collection(), ObjectId()
    due = {"dueAt": {"$lte": now}, **can_be_taken(gateways)}
    oldest = records.find(due, {"_id": 1}, sort=[("dueAt", 1)], limit=SPREAD * most)
    ids = [each["_id"] for each in oldest]
    if not ids:
        return None
    chosen = {"$in": random.sample(ids, min(most, len(ids)))}
    claimed = records.update_many(due | {"_id": chosen}, [{"$set": change_of_claim(lease, fence)}])
    if not claimed.modified_count:
        return None
    return list(records.find({"_id": chosen, "fence": fence}))


def claim_one(
    withdrawal: ObjectId, gateways: Collection[str], now: datetime, lease: timedelta
) -> PayoutRecord | None:
    """The same for this withdrawal and no other; None: it is not due. One round trip."""
    document = Withdrawal._get_collection().find_one_and_update(
        {"_id": withdrawal, "dueAt": {"$lte": now}, **can_be_taken(gateways)},
        [{"$set": change_of_claim(lease, ObjectId())}],
        return_document=ReturnDocument.AFTER,
    )
    return None if document is None else _read(document)


def can_be_taken(gateways: Collection[str]) -> dict[str, Any]:
    owed = {"status": WithdrawalStatus.FAILED, "refund": RefundState.OWED}
    return {"$or": [{"gateway": {"$in": list(gateways)}}, owed]}


def claim_new(withdrawal: ObjectId, lease: timedelta) -> PayoutRecord | None:
    """The same for one that is pending, before it is due; None: a worker has it. One round trip."""
    document = Withdrawal._get_collection().find_one_and_update(
        {"_id": withdrawal, "status": WithdrawalStatus.PENDING, "gateway": {"$exists": True}},
        [{"$set": change_of_claim(lease, ObjectId())}],
        return_document=ReturnDocument.AFTER,
    )
    return None if document is None else _read(document)


def _read(document: dict[str, Any]) -> PayoutRecord | None:
    """None: it is damaged, and must not hold the others up."""
    try:
        return record_of(document)
    except (KeyError, TypeError, ValueError):
        log.exception("The withdrawal %s is damaged, and is not paid", document["_id"])
        return None


def change_of_claim(lease: timedelta, fence: ObjectId) -> dict[str, Any]:
    first = {
        "reference": {"$concat": [PREFIX, {"$toString": "$_id"}]},
        "at": "$$NOW",
        "lastAt": "$$NOW",
        "mayBeTaken": True,
        "fence": fence,
    }
    processing = {"status": WithdrawalStatus.PROCESSING, "at": "$$NOW"}
    return {
        # Of two hosts' clocks one may be hours wrong: what is waited for is reckoned by one clock.
        "dueAt": {"$add": ["$$NOW", lease // timedelta(milliseconds=1)]},
        "fence": fence,
        "tries": {"$add": [{"$cond": [{"$isNumber": "$tries"}, "$tries", 0]}, 1]},
        "attempts": _if_new([first], "$attempts"),
        "history": _if_new(_with("$history", processing), "$history"),
        "status": _if_new(WithdrawalStatus.PROCESSING, "$status"),
    }


def _with(path: str, item: dict[str, Any]) -> dict[str, Any]:
    """What is no list stays as it is: for one damaged record, MongoDB would refuse the whole claim,
    and those that are due for longest are claimed first, again and again."""
    longer = {"$concatArrays": [path, [item]]}
    return {"$cond": [{"$isArray": [path]}, longer, path]}


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


def wake(
    withdrawal: ObjectId,
    gateway: str,
    at: datetime,
    unless: WithdrawalStatus | None = None,
    told: str | None = None,
) -> bool:
    """Have a payout of this gateway looked at now; where a worker has it in hand, once its turn has
    ended, or its lease is over. False: there is none, or it was never sent, or
    its status is the one of `unless`, or it is asked about already, for more than is told. One
    round trip.

    `told`: the verdict of a callback, which is asked about until the gateway says so itself.
    """
    # No tries: by that a turn knows that it was woken meanwhile.
    change: dict[str, Any] = {"dueAt": {"$cond": [IN_HAND, "$dueAt", at]}, "tries": 0}
    if told is not None:
        change["told"] = {"$literal": {"verdict": told, "at": at}}
    # One that was never sent has no attempt: it is due anyway, or nothing of it will be sent.
    sent: dict[str, Any] = {"_id": withdrawal, "gateway": gateway}
    sent["attempts.0"] = {"$exists": True}
    if unless is not None:
        sent["status"] = {"$ne": unless}
    if told == Verdict.SETTLED:
        # Callbacks overtake each other: what is told to have come back was settled before.
        sent["told.verdict"] = {"$ne": Verdict.RETURNED}
    result = Withdrawal._get_collection().update_one(sent, [{"$set": change}])
    if result.matched_count:
        waking.send(withdrawal)
    return bool(result.matched_count)


def claimed_by(record: PayoutRecord) -> dict[str, Any]:
    return {"_id": record.id, "fence": record.fence}
