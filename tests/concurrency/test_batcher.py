"""Items that come at the same time are one batch, and each gets its own result."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect, NetworkTimeout

from wallet_api import batcher
from wallet_api.batcher import Batcher, run_each

USER = ObjectId()
SOON = 5.0


class Held:
    """Does items by doubling them; those from 100 on wait until they are let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.let_go = Event()

    def __call__(self, items: Sequence[int]) -> list[int | Exception]:
        self.calls.append(list(items))
        if items[0] >= 100:
            assert self.let_go.wait(SOON)
        if -1 in items:
            raise ValueError("minus one")
        return [2 * item if item >= 0 else KeyError(item) for item in items]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batcher, "MAX_WAIT_SECONDS", SOON)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as pool:
        yield pool


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < until, "never"
        time.sleep(0.001)


def behind_one(
    threads: ThreadPoolExecutor, act: Held, items: Sequence[int]
) -> tuple[Batcher[int, int], list["Future[int]"]]:
    """The first is at it; the others have come meanwhile, in this order."""
    queue = Batcher(act)
    asked = [threads.submit(queue.do, USER, 100)]
    eventually(lambda: act.calls == [[100]])
    for number, item in enumerate(items, 1):
        asked.append(threads.submit(queue.do, USER, item))
        eventually(lambda number=number: queue.queued == number)
    return queue, asked


@pytest.mark.usefixtures("patient")
def test_items_that_came_meanwhile_are_one_batch(threads: ThreadPoolExecutor) -> None:
    act = Held()
    queue, asked = behind_one(threads, act, [1, 2, 3, 4])

    act.let_go.set()

    assert [one.result(SOON) for one in asked] == [200, 2, 4, 6, 8]
    assert act.calls == [[100], [1, 2, 3, 4]]
    assert queue.idle


@pytest.mark.usefixtures("patient")
def test_a_batch_has_a_limit(threads: ThreadPoolExecutor) -> None:
    act = Held()
    many = list(range(batcher.MAX_BATCH + 3))
    _, asked = behind_one(threads, act, many)

    act.let_go.set()

    assert [one.result(SOON) for one in asked] == [200, *(2 * item for item in many)]
    assert act.calls == [[100], many[: batcher.MAX_BATCH], many[batcher.MAX_BATCH :]]


@pytest.mark.usefixtures("patient")
def test_an_error_of_a_run_is_the_whole_batchs_and_the_next_runs(
    threads: ThreadPoolExecutor,
) -> None:
    act = Held()
    queue, asked = behind_one(threads, act, [1, -1, 3])

    act.let_go.set()

    assert asked[0].result(SOON) == 200
    for one in asked[1:]:
        with pytest.raises(ValueError, match="minus one"):
            one.result(SOON)
    assert queue.do(USER, 5) == 10
    with pytest.raises(ValueError, match="minus one"):
        queue.do(USER, -1)
    assert queue.idle


@pytest.mark.usefixtures("patient")
def test_the_error_of_one_item_is_its_own_callers(threads: ThreadPoolExecutor) -> None:
    act = Held()
    queue, asked = behind_one(threads, act, [1, -2, 3])

    act.let_go.set()

    assert [asked[1].result(SOON), asked[3].result(SOON)] == [2, 6]
    with pytest.raises(KeyError):
        asked[2].result(SOON)
    with pytest.raises(KeyError):
        queue.do(USER, -2)


@pytest.mark.usefixtures("patient")
def test_each_gets_its_result_also_where_the_next_batch_cannot_start(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = Held()
    queue, asked = behind_one(threads, act, [1, 2, 3])
    return_ = queue._end_batch

    def fails_once_they_are_back(callers: Sequence[object]) -> None:
        return_(callers)
        if len(callers) == 3:
            raise MemoryError

    monkeypatch.setattr(queue, "_end_batch", fails_once_they_are_back)
    act.let_go.set()

    assert [one.result(SOON) for one in asked[2:]] == [4, 6]
    with pytest.raises(MemoryError):
        asked[1].result(SOON)


@pytest.mark.usefixtures("patient")
def test_another_key_waits_for_nobody_while_few_items_are_in_flight(
    threads: ThreadPoolExecutor,
) -> None:
    act = Held()
    queue, asked = behind_one(threads, act, [1])

    assert queue.do(ObjectId(), 7) == 14

    act.let_go.set()
    assert [one.result(SOON) for one in asked] == [200, 2]


def two_in_flight(
    threads: ThreadPoolExecutor, act: Held
) -> tuple[Batcher[int, int], list["Future[int]"]]:
    """Each to a wallet of its own."""
    queue = Batcher(act)
    asked = [threads.submit(queue.do, ObjectId(), item) for item in (100, 101)]
    eventually(lambda: len(act.calls) == 2)
    return queue, asked


@pytest.mark.usefixtures("patient")
def test_then_items_queue_until_they_are_half_of_all(threads: ThreadPoolExecutor) -> None:
    act = Held()
    queue, first = two_in_flight(threads, act)

    queued = threads.submit(queue.do, ObjectId(), 7)
    eventually(lambda: queue.queued == 1)
    assert len(act.calls) == 2, "one of three is too few to start"
    assert queue.do(ObjectId(), 50) == 100, "two of four are enough, and this one leads"

    assert sorted(act.calls[-1]) == [7, 50]
    assert queued.result(SOON) == 14
    act.let_go.set()
    assert [one.result(SOON) for one in first] == [200, 202]
    assert queue.idle


@pytest.mark.usefixtures("patient")
def test_queued_items_run_when_none_is_in_flight_any_more(threads: ThreadPoolExecutor) -> None:
    act = Held()
    queue, first = two_in_flight(threads, act)
    asked = threads.submit(queue.do, ObjectId(), 1)
    eventually(lambda: queue.queued == 1)

    act.let_go.set()

    assert sorted(one.result(SOON) for one in [*first, asked]) == [2, 200, 202]
    assert act.calls[2:] == [[1]]


@pytest.mark.usefixtures("patient")
def test_a_crowd_that_has_gone_keeps_nobody_waiting(threads: ThreadPoolExecutor) -> None:
    act = Held()
    queue, first = two_in_flight(threads, act)
    crowd = [threads.submit(queue.do, ObjectId(), item) for item in range(2, 12)]
    act.let_go.set()
    assert [one.result(SOON) for one in [*first, *crowd]] == [200, 202, *range(4, 24, 2)]

    for item in range(200):
        queue.do(ObjectId(), item)
    act.let_go.clear()
    del act.calls[:]
    held = threads.submit(queue.do, ObjectId(), 100)
    eventually(lambda: len(act.calls) == 1)

    assert queue.do(ObjectId(), 3) == 6
    act.let_go.set()
    assert held.result(SOON) == 200


@pytest.mark.usefixtures("patient")
def test_an_item_waits_while_another_of_its_key_is_in_flight(
    threads: ThreadPoolExecutor,
) -> None:
    act = Held()
    queue, asked = behind_one(threads, act, [1, 2, 3])

    others = [threads.submit(queue.do, ObjectId(), item) for item in (10, 11, 12, 13, 14)]

    assert [one.result(SOON) for one in others] == [20, 22, 24, 26, 28]
    assert not {1, 2, 3} & {item for call in act.calls for item in call}
    act.let_go.set()
    assert [one.result(SOON) for one in asked] == [200, 2, 4, 6]
    assert act.calls[-1] == [1, 2, 3]


def test_a_waiter_that_has_waited_long_enough_goes_on_alone(threads: ThreadPoolExecutor) -> None:
    act = Held()
    queue = Batcher(act)
    first = threads.submit(queue.do, USER, 100)
    eventually(lambda: act.calls == [[100]])

    others = [threads.submit(queue.do, USER, item) for item in (1, 2, 3)]

    assert [one.result(SOON) for one in others] == [2, 4, 6]
    assert not first.done()
    act.let_go.set()
    assert first.result(SOON) == 200
    assert queue.idle


def test_a_waiter_whose_batch_runs_waits_for_the_result(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batcher, "MAX_WAIT_SECONDS", 0.5)
    going, calls = Event(), []

    def act(items: Sequence[int]) -> list[int]:
        calls.append(list(items))
        if len(calls) == 1:
            eventually(lambda: queue.queued == 2)
        else:
            assert going.wait(SOON)
        return [2 * item for item in items]

    queue = Batcher(act)
    asked = [threads.submit(queue.do, USER, item) for item in (1, 2, 3)]
    eventually(lambda: len(calls) == 2)
    time.sleep(2 * batcher.MAX_WAIT_SECONDS)
    assert sum(one.done() for one in asked) == 1
    going.set()

    assert [one.result(SOON) for one in asked] == [2, 4, 6]
    assert len(calls) == 2, "no item was run again"


def test_an_error_is_one_items_own_and_a_time_out_is_that_of_all_that_are_left() -> None:
    lost, late, tried = AutoReconnect("lost"), NetworkTimeout("late"), []

    def act(item: int) -> int:
        tried.append(item)
        if item in (1, 3):
            raise {1: lost, 3: late}[item]
        return item

    assert list(run_each(range(6), act)) == [0, lost, 2, late, late, late]
    assert tried == [0, 1, 2, 3]
