"""Payouts that have settled at the same time share an update, and none speaks for another."""

import logging
import threading
from collections.abc import Callable
from functools import partial

import pytest
from pymongo.errors import AutoReconnect

from tests.mutants import Mutant
from tests.mutants import payouts as mutants
from tests.payouts.answering import Answering, Patch, goes_on
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from tests.support.interleaving import CrashAt, around_operations, crashing
from tests.support.payout_simulator import eventually
from wallet_api.payouts import settlements, worker
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.settlements import Settlement, WrittenTogether, write_together

pytestmark = [pytest.mark.slow, pytest.mark.lengthy, pytest.mark.usefixtures("interposed")]

SETTLED, RETURNED = Verdict.SETTLED, Verdict.RETURNED

FAR = 30.0


def gathered(paying: Paying, patch: Patch) -> tuple[Sent, Sent, list[Settlement], Answering]:
    """Two withdrawals that the gateway has paid, neither of them written."""
    first, second = Sent(paying, runs=False), Sent(paying, runs=False)
    gateway = Answering(patch, SETTLED)
    waiting: list[Settlement] = []
    for turn in worker.take_up(Paces(), 2, waiting.append):
        turn.run()
    assert [each.record["status"] for each in (first, second)] == ["processing"] * 2
    return first, second, waiting, gateway


def test_they_are_written_in_one_round_trip_and_told_once_each(
    paying: Paying, monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, waiting, _ = gathered(paying, monkeypatch)
    counting = CrashAt(99, after=False)

    with caplog.at_level(logging.INFO), around_operations(counting):
        write_together(waiting)

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

    write_together(waiting)
    assert second.record["status"] == "success"
    gateway.says(RETURNED)
    worker.run_once()  # it is due at once, and not when its lease is over

    assert (first.record["status"], first.balance(), first.refunds()) == ("failed", 10000, 1)
    assert (second.record["status"], second.balance(), second.refunds()) == ("success", 7000, 0)


def written_by_another(paying: Paying, patch: Patch) -> None:
    """A worker that has settled one of them meanwhile has settled it once."""
    first, second, waiting, _ = gathered(paying, patch)
    waiting[0].write_alone()

    write_together(waiting)

    for each in (first, second):
        history = [step["status"] for step in each.record["history"]]
        assert history == ["pending", "processing", "success"]


def a_stop(paying: Paying, patch: Patch) -> None:
    """What is gathered when a worker stops is written before it ends."""
    first, second, waiting, _ = gathered(paying, patch)
    patch.setattr(settlements, "GATHER_SECONDS", FAR)
    together = WrittenTogether(on_failure=lambda error: None)
    together.start()
    together.settle(waiting[0])
    eventually(lambda: "success" in (first.record["status"], second.record["status"]), 10)
    together.settle(waiting[1])

    together.stop(FAR)

    assert [each.record["status"] for each in (first, second)] == ["success"] * 2


Promise = Callable[[Paying, Patch], None]

PROMISES: list[tuple[Promise, Mutant]] = [
    (returned_meanwhile, mutants.all_that_is_gathered_settles),
    (returned_meanwhile, mutants.an_end_forgets_what_was_told),
    (written_by_another, mutants.a_settlement_is_added_to_another),
    (a_stop, mutants.what_is_gathered_ends_with_the_worker),
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

    assert crashing(1, after=after, action=partial(write_together, waiting))
    goes_on(paying, [first, second])

    for each in (first, second):
        assert (each.record["status"], each.balance(), each.refunds()) == ("success", 7000, 0)


def test_one_whose_write_fails_is_reported_and_keeps_no_other_waiting(
    paying: Paying, monkeypatch: Patch
) -> None:
    first, second, waiting, _ = gathered(paying, monkeypatch)
    failures: list[Exception] = []
    failed = threading.Event()

    def note(error: Exception) -> None:
        failures.append(error)
        failed.set()

    def fails() -> None:
        raise AutoReconnect("gone")

    record = waiting[0].record
    together = WrittenTogether(on_failure=note)
    together.start()
    together.settle(Settlement(record, waiting[0].change, waiting[0].at, fails))
    assert failed.wait(FAR)
    together.settle(waiting[1])
    together.stop(FAR)

    assert [str(error) for error in failures] == ["gone"]
    # Which one was the first in the batch is the gateway's affair.
    statuses = sorted(each.record["status"] for each in (first, second))
    assert statuses == ["processing", "success"]
