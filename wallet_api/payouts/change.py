"""One conditional update of a withdrawal that is paid out: it names the status that it leaves."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wallet_api.documents.kinds import PayoutFailure, RefundState, WithdrawalStatus
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.logs import event
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.record import PayoutRecord

UNFINISHED = "unfinished"
"""The review of a payout whose end takes too long: an end settles it."""


MOST_TRIES = 5
"""So often somebody else (a worker, a callback) may change the payout between read and write."""


@dataclass(slots=True)
class Change:
    """In MongoDB's words."""

    to_set: dict[str, Any] = field(default_factory=dict)
    to_unset: set[str] = field(default_factory=set)
    status: WithdrawalStatus | None = None
    """None: the one that it has."""
    needs_fence: bool = True
    """False: what is written stays true, whoever has taken the payout up since."""
    agreeing: Collection[Verdict] = ()
    """What a callback may have told meanwhile without making another question of it."""
    unless_woken: bool = False
    """True: somebody may have had it looked at since a worker has taken it up, which then holds."""
    reason: str | None = None
    """Of a new status, where an operator has decided it."""
    event: str | None = None
    level: int = logging.INFO
    trouble: str | None = None
    """What the event tells of the way to the gateway."""

    def apply(self, record: PayoutRecord, now: datetime) -> bool:
        """False: the withdrawal is not as it was read any more. One round trip."""
        result = Withdrawal._get_collection().update_one(*self.statement(record, now))
        changed = bool(result.matched_count)
        if changed:
            self.tell(record)
        return changed

    def statement(
        self, record: PayoutRecord, now: datetime
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The condition, and the update."""
        condition: dict[str, Any] = {"_id": record.id, "status": record.status}
        if self.needs_fence:
            condition["fence"] = record.fence if record.fence is not None else {"$exists": False}
        if "told" in self.to_unset:
            condition["$or"] = self._told_nothing_else(record)
        if self.unless_woken:
            condition["tries"] = record.tries
        update: dict[str, Any] = {}
        to_set = self.to_set
        if self.status is not None:
            to_set = to_set | {"status": self.status}
            told = {"status": self.status, "at": now}
            why = {} if self.reason is None else {"reason": self.reason}
            update["$push"] = {"history": told | why}
        if to_set:
            update["$set"] = to_set
        if unset := self.to_unset - to_set.keys():
            update["$unset"] = dict.fromkeys(sorted(unset), "")
        # MongoDB takes no update that changes nothing.
        return condition, update or {"$set": {"status": record.status}}

    def _told_nothing_else(self, record: PayoutRecord) -> list[dict[str, Any]]:
        """What a callback has told since the record was read is still to be asked about, unless it
        says the same: nearly every callback comes with the answer. (Without the second, a payout
        that settles at once makes a third more requests to MongoDB.)"""
        as_read = {"told.verdict": record.told, "told.at": record.told_at}
        return [as_read, {"told.verdict": {"$in": list(self.agreeing)}}]

    def tell(self, record: PayoutRecord) -> None:
        """Log what has happened: the change is written."""
        if self.event is None:
            return
        members = {"withdrawal_id": record.id, "gateway": record.gateway}
        if review := self.to_set.get("needsReview"):
            members["reason"] = review
        if self.trouble is not None:
            members["trouble"] = self.trouble
        sentence = f"Withdrawal {record.id}: {self.event.replace('_', ' ')}"
        event(self.event, sentence, self.level, **members)

    def keep_lease(self) -> None:
        """Whoever has it in hand goes on."""
        self.to_set.pop("dueAt", None)
        self.to_unset.discard("fence")

    def review(self, record: PayoutRecord, why: str) -> None:
        """Show it to a person, and raise the alarm once."""
        self.to_set["needsReview"] = why
        if record.needs_review != why:
            self.event, self.level = "payout_needs_review", logging.ERROR


def settled(record: PayoutRecord) -> Change:
    """The money is with the recipient."""
    return Change(
        status=WithdrawalStatus.SUCCESS,
        to_unset=_when_ended(record),
        needs_fence=False,
        event="payout_settled",
    )


def failed(record: PayoutRecord, reason: PayoutFailure, now: datetime) -> Change:
    """The decision that the money goes back. It is made before the refund, so that there is no
    moment in which a late success and a decline can both win."""
    change = Change(
        status=WithdrawalStatus.FAILED,
        to_set={"failureReason": reason, "refund": RefundState.OWED, "dueAt": now},
        to_unset=_when_ended(record),
        event=f"payout_{reason}",
    )
    if reason == PayoutFailure.RETURNED:
        change.to_set["reversedAt"] = now
    return change


def nothing_due() -> Change:
    return Change(to_unset={"dueAt", "fence", "tries", "told"})


def _when_ended(record: PayoutRecord) -> set[str]:
    reviewed = {"needsReview"} if record.needs_review == UNFINISHED else set()
    return {"dueAt", "fence", "tries", "told"} | reviewed
