"""The thread that writes settlements loses none: not when it stops, and not when one fails."""

import threading
from collections.abc import Callable

import pytest
from pymongo.errors import AutoReconnect

from tests.mutants import Mutant
from tests.mutants import settling as mutants
from tests.payouts.answering import Patch
from tests.payouts.gathering import fail, gathered
from tests.payouts.paying import Paying
from tests.support.payout_simulator import eventually
from wallet_api.payouts import settlements
from wallet_api.payouts.settlements import Settlement, WrittenTogether

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

FAR = 30.0


def a_stop(paying: Paying, patch: Patch) -> None:
    """What is gathered when a worker stops is written before it ends."""
    first, second, waiting, _ = gathered(paying, patch)
    patch.setattr(settlements, "GATHER_SECONDS", FAR)
    together = WrittenTogether(on_failure=fail)
    together.start()
    together.settle(waiting[0])
    eventually(lambda: "success" in (first.record["status"], second.record["status"]), 10)
    together.settle(waiting[1])

    together.stop(FAR)

    assert [each.record["status"] for each in (first, second)] == ["success"] * 2


def after_the_stop(paying: Paying, patch: Patch) -> None:
    """A turn that ends after that writes for itself."""
    first, second, waiting, _ = gathered(paying, patch)
    together = WrittenTogether(on_failure=fail)
    together.start()
    together.stop(FAR)

    for each in waiting:
        together.settle(each)

    assert [each.record["status"] for each in (first, second)] == ["success"] * 2


Promise = Callable[[Paying, Patch], None]

PROMISES: dict[Promise, Mutant] = {
    a_stop: mutants.what_is_gathered_ends_with_the_worker,
    after_the_stop: mutants.settlements_wait_for_ever,
}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_they_are_written(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    promise(paying, monkeypatch)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_with_the_mutant_they_are_lost(
    paying: Paying, monkeypatch: Patch, promise: Promise
) -> None:
    PROMISES[promise](monkeypatch.setattr)

    with pytest.raises(AssertionError):
        promise(paying, monkeypatch)


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
