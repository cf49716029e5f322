"""What several ask at once is done at once, each gets its own answer, and nobody waits for ever."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from bson import ObjectId

from wallet_api.movements import together
from wallet_api.movements.together import Together

USER = ObjectId()
SOON = 5.0


class Held:
    """Does items by doubling them; the first call waits until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun, self.let_go = Event(), Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        if len(self.calls) == 1:
            self.begun.set()
            assert self.let_go.wait(SOON)
        if any(item < 0 for item in items):
            raise ValueError("negative")
        return [2 * item for item in items]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "PATIENCE_SECONDS", SOON)


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
) -> tuple[Together[int, int], list["Future[int]"]]:
    """The first is at it; the others have come meanwhile, in this order."""
    doing = Together(act)
    asked = [threads.submit(doing.do, USER, 100)]
    assert act.begun.wait(SOON)
    for number, item in enumerate(items, 1):
        asked.append(threads.submit(doing.do, USER, item))
        eventually(lambda number=number: len(doing._gathering[USER]) == number)
    return doing, asked


@pytest.mark.usefixtures("patient")
def test_those_who_came_meanwhile_are_done_together(threads: ThreadPoolExecutor) -> None:
    act = Held()
    doing, asked = behind_one(threads, act, [1, 2, 3, 4])

    act.let_go.set()

    assert [one.result(SOON) for one in asked] == [200, 2, 4, 6, 8]
    assert act.calls == [[100], [1, 2, 3, 4]]
    assert doing._gathering == {}


@pytest.mark.usefixtures("patient")
def test_so_many_at_most(threads: ThreadPoolExecutor) -> None:
    act = Held()
    many = list(range(together.AT_ONCE + 3))
    _, asked = behind_one(threads, act, many)

    act.let_go.set()

    assert [one.result(SOON) for one in asked] == [200, *(2 * item for item in many)]
    assert act.calls == [[100], many[: together.AT_ONCE], many[together.AT_ONCE :]]


@pytest.mark.usefixtures("patient")
def test_an_error_is_everybodys_and_the_next_ones_are_done(threads: ThreadPoolExecutor) -> None:
    act = Held()
    doing, asked = behind_one(threads, act, [1, -2, 3])

    act.let_go.set()

    assert asked[0].result(SOON) == 200
    for one in asked[1:]:
        with pytest.raises(ValueError, match="negative"):
            one.result(SOON)
    assert doing.do(USER, 5) == 10
    with pytest.raises(ValueError, match="negative"):
        doing.do(USER, -5)
    assert doing._gathering == {}


@pytest.mark.usefixtures("patient")
def test_another_wallet_waits_for_nobody(threads: ThreadPoolExecutor) -> None:
    act = Held()
    doing, asked = behind_one(threads, act, [])

    assert doing.do(ObjectId(), 7) == 14

    act.let_go.set()
    assert asked[0].result(SOON) == 200


def test_who_has_waited_enough_goes_on_alone(threads: ThreadPoolExecutor) -> None:
    act = Held()
    doing = Together(act)
    first = threads.submit(doing.do, USER, 100)
    assert act.begun.wait(SOON)

    others = [threads.submit(doing.do, USER, item) for item in (1, 2, 3)]

    assert [one.result(SOON) for one in others] == [2, 4, 6]
    assert not first.done()
    act.let_go.set()
    assert first.result(SOON) == 200
    assert doing._gathering == {}


def test_who_is_being_done_waits_for_the_result(threads: ThreadPoolExecutor) -> None:
    going, calls = Event(), []

    def act(items: Sequence[int]) -> list[int]:
        calls.append(list(items))
        if len(calls) == 1:
            eventually(lambda: len(doing._gathering[USER]) == 2)
        else:
            assert going.wait(SOON)
        return [2 * item for item in items]

    doing = Together(act)
    asked = [threads.submit(doing.do, USER, item) for item in (1, 2, 3)]
    eventually(lambda: len(calls) == 2)
    time.sleep(2 * together.PATIENCE_SECONDS)
    assert sum(one.done() for one in asked) == 1
    going.set()

    assert [one.result(SOON) for one in asked] == [2, 4, 6]
    assert len(calls) == 2, "nobody has done its own again"
