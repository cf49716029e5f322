"""One turn of a payout: what a worker does with it between two waits."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from wallet_api import clock
from wallet_api.documents.kinds import PayoutFailure, WithdrawalStatus
from wallet_api.payout_settings import PayoutSettings
from wallet_api.payouts import queue
from wallet_api.payouts.change import MOST_TRIES, Change, failed
from wallet_api.payouts.gateway import Answer, Gateway, Payout, Verdict
from wallet_api.payouts.ledger_proof import LedgerProof
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.record import PayoutRecord, read
from wallet_api.payouts.refunds import pay_back
from wallet_api.payouts.settlements import Settle, Settlement, write_alone
from wallet_api.payouts.steps import (
    Do,
    Step,
    is_known_still,
    next_step,
    wait_of,
    will_never_be_made,
)
from wallet_api.payouts.transitions import believed, change_by

log = logging.getLogger(__name__)

UNKNOWN = Answer(verdict=Verdict.UNKNOWN)

NOT_IN_THE_LEDGER = "not sent, since the ledger contradicts it"

AT_ONCE = timedelta(0)

Question = Callable[[Payout], Answer]


@dataclass(frozen=True, slots=True)
class Turn:
    record: PayoutRecord
    gateway: Gateway
    settings: PayoutSettings
    claimed: float
    """When, by time.monotonic."""
    paces: Paces
    proof: LedgerProof
    settle: Settle = write_alone

    def run(self) -> None:
        """One or two requests to the gateway, and one round trip to MongoDB, which payouts share
        that settle at the same time: one more where it is sent again, one or two where a callback
        is heard meanwhile, those of a refund, and that of the proof for all that were taken up
        together.

        Raises PyMongoError: it is taken up again once the lease is over.
        """
        step = next_step(self.record, self.gateway.traits, self.settings.lease, self.now())
        match step.do:
            case Do.SUBMIT:
                self._submit(step)
            case Do.INQUIRE:
                self._inquire(step.reference)
            case Do.WAIT:
                self._write(UNKNOWN)

    def _submit(self, step: Step) -> None:
        if (contradiction := self.proof.contradiction(self.record)) is not None:
            self._refuse(step, contradiction)
            return
        self._wait_for_pace()
        if not step.is_stored and not queue.begin_submission(
            self.record, step.reference, self.now()
        ):
            return
        if time.monotonic() - self.claimed > self.settings.lease.total_seconds():
            return  # so late another worker may be at it, who relies on nothing being sent any more
        self._write(self._ask(self.gateway.submit, step.reference), submitted=step.reference)

    def _refuse(self, step: Step, contradiction: str) -> None:
        """Send nothing: somebody has written to the database what the service has not."""
        now = clock.now()
        change = Change(to_set={"dueAt": now + self.settings.longest_wait}, to_unset={"fence"})
        change.review(self.record, f"{NOT_IN_THE_LEDGER}: {contradiction}")
        if step.is_stored:
            change.to_set[f"attempts.{len(self.record.attempts) - 1}.mayBeTaken"] = False
        self.end(change, now)

    def _inquire(self, reference: str) -> None:
        self._wait_for_pace()
        answer = self._ask(self.gateway.inquire, reference)
        if answer.verdict != Verdict.NOT_FOUND or not self.record.is_open:
            self._write(answer)
            return
        attempt, now = self.record.attempts[-1], self.now()
        traits, lease = self.gateway.traits, self.settings.lease
        if attempt.fence == self.record.fence:  # nobody has sent anything under it
            self._submit(Step(Do.SUBMIT, reference, is_stored=True))
        elif will_never_be_made(attempt, traits, lease, now):
            change = failed(self.record, PayoutFailure.NOT_FOUND, now)
            if self.end(change, now):
                self._refund(PayoutFailure.NOT_FOUND)
        elif is_known_still(attempt, traits, lease, now):
            self._submit(Step(Do.SUBMIT, reference))
        else:
            self._write(replace(answer, needs_review="not found, and too late to send it again"))

    def now(self) -> datetime:
        """By the database's clock, which the claim has read: as those of the attempts."""
        assert self.record.due_at is not None  # noqa: S101  it was claimed
        begun = self.record.due_at - self.settings.lease
        return begun + timedelta(seconds=time.monotonic() - self.claimed)

    def _wait_for_pace(self) -> None:
        traits = self.gateway.traits
        self.paces.of(traits.name, traits.per_second).wait()

    def _ask(self, question: Question, reference: str) -> Answer:
        try:
            answer: object = question(self.record.payout(reference))
            if not isinstance(answer, Answer):
                raise TypeError(f"It answers {type(answer).__name__}")
        except Exception:
            log.exception("The gateway %s has a defect", self.record.gateway)
            return UNKNOWN
        return believed(self.record.sent_under(reference, self.now()), answer)

    def _write(self, answer: Answer, submitted: str | None = None) -> None:
        now = clock.now()
        record = self.record.sent_under(submitted, now) if submitted else self.record
        change = change_by(record, answer, self._wait(), self.settings.review_after, now)
        _note_attempt(change, self.record, answer, submitted)
        if change.status == WithdrawalStatus.SUCCESS and "dueAt" not in change.to_set:
            alone = partial(self._finish, change, answer, now)
            self.settle(Settlement(self.record, change, now, alone))
        else:
            self._finish(change, answer, now)

    def _finish(self, change: Change, answer: Answer, now: datetime) -> None:
        if not self.end(change, now):
            self._heard_late(answer)
        elif "refund" in change.to_set:
            self._refund(change.to_set["failureReason"])

    def end(self, change: Change, now: datetime) -> bool:
        """Write how the turn ends. One round trip, and another where a callback was heard
        meanwhile: it is due at once then. False: it is not as it was read any more."""
        waits = "dueAt" in change.to_set and "refund" not in change.to_set
        change.unless_woken = waits
        if change.apply(self.record, now):
            return True
        change.unless_woken = False
        if waits:
            change.to_set["dueAt"] = now
            return change.apply(self.record, now)
        Change(to_set={"dueAt": now}, to_unset={"fence"}).apply(self.record, now)
        return False

    def _heard_late(self, answer: Answer) -> None:
        """That it was paid stays true, whoever has changed it meanwhile. Where somebody has failed
        it, that is a loss, and is told. But what came back had been paid before: of that the
        gateway is asked once more, where it can be."""
        for _ in range(MOST_TRIES if answer.verdict == Verdict.SETTLED else 0):
            again = read(self.record.id)
            if again is None or again.status == WithdrawalStatus.SUCCESS:
                return
            now = clock.now()
            if again.came_back:
                if self.gateway.traits.can_inquire:
                    queue.wake(again.id, again.gateway, now, told=Verdict.SETTLED)
                return
            change = change_by(again, answer, AT_ONCE, self.settings.review_after, now)
            if change.apply(again, now):
                return

    def _refund(self, reason: str) -> None:
        pay_back(replace(self.record, failure_reason=reason))

    def _wait(self) -> timedelta:
        wait = wait_of(self.record.tries, self.settings.first_wait, self.settings.longest_wait)
        # Spread, so that what failed together does not come back together.
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 (no secret)


def _note_attempt(
    change: Change, record: PayoutRecord, answer: Answer, submitted: str | None
) -> None:
    """What a request that was not taken means for the reference under which it was sent."""
    if answer.verdict != Verdict.NOT_TAKEN:
        return
    known = [each.reference for each in record.attempts]
    if submitted is not None and submitted not in known:
        number, may_be_taken = len(known), False
    else:
        number = len(known) - 1
        last = record.attempts[number]
        may_be_taken = last.may_be_taken and last.fence != record.fence
    if answer.reference_is_spent:
        change.to_set |= {f"attempts.{number}.mayBeTaken": False, f"attempts.{number}.spent": True}
    elif submitted is not None and not may_be_taken:
        change.to_set[f"attempts.{number}.mayBeTaken"] = False
