"""Payouts that have settled at the same time share an update, and none speaks for another."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import WriteError

from tests.mutants import Mutant, payouts
from tests.mutants import settling as mutants
from tests.payouts.answering import Patch, goes_on
from tests.payouts.gathering import fail, gathered
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from tests.support.interleaving import CrashAt, around_operations, crashing
from wallet_api import clock
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts import operating, settlements, worker
from wallet_api.payouts.gateway import Verdict

pytestmark = [pytest.mark.slow, pytest.mark.lengthy, pytest.mark.usefixtures("interposed")]

SETTLED, RETURNED = Verdict.SETTLED, Verdict.RETURNED

FAR = 30.0


def test_they_are_written_in_one_round_trip_and_told_once_each(
    paying: Paying, monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, waiting, _ = gathered(paying, monkeypatch)
    counting = CrashAt(99, after=False)

    with caplog.at_level(logging.INFO), around_operations(counting):
        settlements.write_together(waiting, fail)

    assert counting.seen == 1
    told = [record.getMessage() for record in caplog.records if "settled" in record.getMessage()]
    assert sorted(told) == sorted(
        f"Withdrawal {each.id}: payout settled" for each in (first, second)
    )
    for each in (first, second):
        assert [step["status"] for step in each.record["history"]] == [
            *("pending", "processing", "success")
        ]
        assert not {"dueAt", "fence", "tries"} & each.record.keys()


def returned_meanwhile(paying: Paying, patch: Patch) -> None:
    """A return that is told while both are gathered is heard, and the other one is paid."""
    first, second, waiting, gateway = gathered(paying, patch)
    assert paying.tells(first.person, first.created, "returned").status_code == 204

    settlements.write_together(waiting, fail)
    assert second.record["status"] == "success"
    gateway.says(RETURNED)
    worker.run_once()  # it is due at once, and not when its lease is over

    assert (first.record["status"], first.balance(), first.refunds()) == ("failed", 10000, 1)
    assert (second.record["status"], second.balance(), second.refunds()) == ("success", 7000, 0)


def written_by_another(paying: Paying, patch: Patch) -> None:
    """A worker that has settled one of them meanwhile has settled it once."""
    first, second, waiting, _ = gathered(paying, patch)
    waiting[0].write_alone()

    settlements.write_together(waiting, fail)

    for each in (first, second):
        history = [step["status"] for step in each.record["history"]]
        assert history == ["pending", "processing", "success"]


def returned_before_it_is_known_who_has_settled(paying: Paying, patch: Patch) -> None:
    """What this batch has settled, and what came back since, is no loss."""
    first, second, waiting, gateway = gathered(paying, patch)
    assert paying.tells(second.person, second.created, "returned").status_code == 204
    written_of = settlements.written_of
    gateway.says(RETURNED)

    def late(batch: Any) -> Any:
        assert paying.tells(first.person, first.created, "returned").status_code == 204
        worker.run_once()
        return written_of(batch)

    patch.setattr(settlements, "written_of", late)
    settlements.write_together(waiting, fail)
    assert "dueAt" not in first.record
    goes_on(paying, [first, second])

    for each in (first, second):
        assert (each.record["status"], each.balance(), each.refunds()) == ("failed", 10000, 1)
        assert "needsReview" not in each.record


def one_that_is_damaged(paying: Paying, patch: Patch) -> None:
    """The failure of one is told, and keeps nothing of the others from being done."""
    first, second, waiting, _ = gathered(paying, patch)
    damaged = {"_id": waiting[0].record.id}
    Withdrawal._get_collection().update_one(damaged, {"$set": {"history": "none"}})
    other = second if ObjectId(second.id) != damaged["_id"] else first
    refuse_by_hand(other, patch)
    failures: list[Exception] = []

    settlements.write_together(waiting, failures.append)

    assert [type(failure) for failure in failures] == [WriteError]
    assert other.record.get("needsReview") == "paid_after_refund"


def refuse_by_hand(sent: Sent, patch: Patch) -> None:
    """An operator is sure that it is not paid, and no worker has it in hand any more."""
    due = {"_id": ObjectId(sent.id)}
    Withdrawal._get_collection().update_one(due, {"$set": {"dueAt": clock.now()}})
    operating.fail(ObjectId(sent.id), "the bank says so")
    assert (sent.record["status"], sent.balance()) == ("failed", 10000)


def returned_by_another(paying: Paying, patch: Patch) -> None:
    """Who hears only afterwards that a payout that came back had been paid asks once more."""
    first, _, waiting, gateway = gathered(paying, patch)
    gateway.says(RETURNED)
    paying.lets_the_lease_pass(first.created)
    assert worker.run_once() == 1
    assert first.refunds() == 1

    settlements.write_together(waiting, fail)
    worker.run_once()

    assert "needsReview" not in first.record
    assert not {"dueAt", "told"} & first.record.keys()


def paid_again(paying: Paying, patch: Patch) -> None:
    """Where the gateway says then that it is paid, that is a loss."""
    first, _, waiting, gateway = gathered(paying, patch)
    gateway.says(RETURNED)
    paying.lets_the_lease_pass(first.created)
    worker.run_once()
    gateway.says(SETTLED)

    settlements.write_together(waiting, fail)
    worker.run_once()

    assert first.record.get("needsReview") == "paid_after_refund"


Promise = Callable[[Paying, Patch], None]

PROMISES: list[tuple[Promise, Mutant]] = [
    (returned_meanwhile, mutants.all_that_is_gathered_settles),
    (returned_meanwhile, payouts.an_end_forgets_what_was_told),
    (written_by_another, mutants.a_settlement_is_added_to_another),
    (returned_before_it_is_known_who_has_settled, mutants.what_is_settled_stays_so),
    (one_that_is_damaged, mutants.the_first_failure_ends_a_batch),
    (returned_by_another, mutants.what_came_back_was_never_paid),
    (paid_again, mutants.what_came_back_is_not_asked_about),
]


@pytest.mark.parametrize("promise", dict(PROMISES), ids=lambda promise: promise.__name__)
def test_it_is_kept(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    promise(paying, monkeypatch)


@pytest.mark.parametrize(("promise", "mutant"), PROMISES, ids=lambda each: each.__name__)
def test_with_the_mutant_it_is_broken(
    paying: Paying, monkeypatch: Patch, promise: Promise, mutant: Mutant
) -> None:
    mutant(monkeypatch.setattr)

    with pytest.raises(AssertionError):
        promise(paying, monkeypatch)


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_crash_leaves_both_to_the_next_worker(
    paying: Paying, monkeypatch: Patch, after: bool
) -> None:
    first, second, waiting, _ = gathered(paying, monkeypatch)

    assert crashing(1, after=after, action=partial(settlements.write_together, waiting, fail))
    goes_on(paying, [first, second])

    for each in (first, second):
        assert (each.record["status"], each.balance(), each.refunds()) == ("success", 7000, 0)
