"""Payouts that pay twice, or pay back what is paid."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api import clock, movements
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import Order
from wallet_api.movements.relay import copy
from wallet_api.payouts import (
    callbacks,
    change,
    pay,
    queue,
    refunds,
    steps,
    transitions,
)
from wallet_api.payouts.gateway import Answer, Verdict
from wallet_api.payouts.record import PayoutRecord, read
from wallet_api.payouts.references import reference_of
from wallet_api.payouts.steps import Do, Step


def unknown_is_a_decline(patch: Patch) -> None:
    """What a gateway did not answer, it did not pay."""
    _taken_for_a_decline(patch, Verdict.UNKNOWN)


def not_taken_is_a_decline(patch: Patch) -> None:
    """A key that the gateway refuses pays everybody back."""
    _taken_for_a_decline(patch, Verdict.NOT_TAKEN)


def _taken_for_a_decline(patch: Patch, verdict: Verdict) -> None:
    change_by = transitions.change_by

    def mutant(record: PayoutRecord, answer: Answer, *others: Any) -> Any:
        if answer.verdict == verdict:
            answer = Answer(verdict=Verdict.DECLINED)
        return change_by(record, answer, *others)

    patch(pay, "change_by", mutant)


def no_fence_of_a_payout(patch: Patch) -> None:
    """A worker writes what it has found, whoever has taken the payout up since."""
    patch(queue, "claimed_by", lambda record: {"_id": record.id})
    statement = change.Change.statement

    def mutant(self: change.Change, record: PayoutRecord, now: Any) -> Any:
        self.needs_fence = False
        return statement(self, record, now)

    patch(change.Change, "statement", mutant)


def a_refund_for_each_event(patch: Patch) -> None:
    """The key of a refund is the event's, and not the withdrawal's."""
    post = movements.post

    def mutant(order: Order) -> Any:
        return post(replace(order, key=str(ObjectId())))

    patch(refunds, "post", mutant)


def another_reference_for_each_try(patch: Patch) -> None:
    """What may have been taken is sent again under a reference of its own."""
    next_step = steps.next_step

    def mutant(record: PayoutRecord, *others: Any) -> Step:
        step = next_step(record, *others)
        if step.do == Do.INQUIRE and record.is_open:
            return Step(Do.SUBMIT, reference_of(record.id, len(record.attempts) + 1))
        return step

    patch(pay, "next_step", mutant)


def sent_after_its_keys_life(patch: Patch) -> None:
    """A gateway knows its keys for ever."""
    patch(pay, "is_known_still", lambda *_: True)


def callbacks_are_believed(patch: Patch) -> None:
    """What a callback says is so, although the gateway can be asked."""
    believe = callbacks.believe
    patch(callbacks, "wake", believe)


def callbacks_wake_any_gateways_payout(patch: Patch) -> None:
    """Each gateway tells of what was sent through it."""
    wake = queue.wake

    def mutant(withdrawal: ObjectId, gateway: str, *others: Any) -> bool:
        found = read(withdrawal)
        return wake(withdrawal, found.gateway if found else gateway, *others)

    patch(queue, "wake", mutant)


def an_end_forgets_what_was_told(patch: Patch) -> None:
    """What a callback has told between the gateway's answer and its record is gone with it."""
    statement = change.Change.statement

    def mutant(self: change.Change, record: PayoutRecord, now: Any) -> Any:
        present = read(record.id) or record
        return statement(self, replace(record, told=present.told, told_at=present.told_at), now)

    patch(change.Change, "statement", mutant)


def a_refund_is_the_end(patch: Patch) -> None:
    """Once it is paid back, nothing of a payout is due."""
    copy_wallets = copy.copy_wallets

    def mutant(wallets: Any) -> int:
        copied = copy_wallets(wallets)
        Withdrawal.objects(refund="paid").update(unset__due_at=True)
        return copied

    patch(copy, "copy_wallets", mutant)


def a_return_contradicts_a_settlement(patch: Patch) -> None:
    """A callback that has told a settlement is right, and a return that is heard since is not."""
    told_otherwise = transitions.is_told_otherwise

    def mutant(told: Verdict, answer: Answer) -> bool:
        settled = told == Verdict.SETTLED
        return answer.verdict != told if settled else told_otherwise(told, answer)

    patch(transitions, "is_told_otherwise", mutant)


def the_last_callback_counts(patch: Patch) -> None:
    """Callbacks come in the order in which they were sent."""
    wake = queue.wake

    def mutant(withdrawal: ObjectId, *others: Any) -> bool:
        Withdrawal.objects(id=withdrawal).update(unset__told=True)
        return wake(withdrawal, *others)

    patch(queue, "wake", mutant)


def whatever_is_answered_is_written(patch: Patch) -> None:
    """An adapter answers what MongoDB can store."""
    patch(transitions, "unstorable", lambda answer: None)


def what_is_not_believed_counts_for_the_reference(patch: Patch) -> None:
    """An answer about another payout says what became of this one's request."""
    patch(pay, "believed", lambda record, answer: answer)


def a_callback_ends_the_lease(patch: Patch) -> None:
    """What is told is asked about at once, whoever has the payout in hand."""
    patch(queue, "IN_HAND", {"$literal": False})
    patch(PayoutRecord, "is_in_hand", lambda self, now: False)


def a_callback_waits_for_its_time(patch: Patch) -> None:
    """What is told is asked about when the payout is due anyway."""
    patch(queue, "IN_HAND", {"$literal": True})


def a_turn_hears_no_callback(patch: Patch) -> None:
    """Whoever has told something meanwhile, a turn ends as if nobody had."""
    patch(pay.Turn, "end", lambda self, change, now: change.apply(self.record, now))


def a_refund_hears_no_callback(patch: Patch) -> None:
    """What is told while a worker refunds is asked about when the lease would be over."""
    patch(copy, "WHEN_TOLD", "$dueAt")


def the_lease_is_not_looked_at(patch: Patch) -> None:
    """A worker sends what it has taken up, however long ago."""
    patch(pay, "time", SimpleNamespace(monotonic=lambda: 0.0))


def records_are_whole(patch: Patch) -> None:
    """A claim counts and appends without a look at the type."""
    claimed = queue.change_of_claim

    def mutant(*known: Any) -> dict[str, Any]:
        history = {"$concatArrays": ["$history", []]}
        return {**claimed(*known), "tries": {"$add": ["$tries", 1]}, "history": history}

    patch(queue, "change_of_claim", mutant)


def one_try_is_enough(patch: Patch) -> None:
    """Nobody changes a payout between its reading and its change."""
    for room in (callbacks, pay):
        patch(room, "MOST_TRIES", 1)


def refunds_need_their_gateway(patch: Patch) -> None:
    """A worker takes up nothing of a gateway that it cannot ask."""
    patch(queue, "can_be_taken", lambda gateways: {"gateway": {"$in": list(gateways)}})


def each_host_has_its_clock(patch: Patch) -> None:
    """What is waited for is reckoned by the clock of whoever looks."""
    change_of_claim = queue.change_of_claim

    def mutant(*known: Any) -> dict[str, Any]:
        changed, now = change_of_claim(*known), clock.now()
        (first,) = changed["attempts"]["$cond"][1]
        first |= {"at": now, "lastAt": now}
        return changed

    patch(queue, "change_of_claim", mutant)
    patch(pay.Turn, "now", lambda self: clock.now())
