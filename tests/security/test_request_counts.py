"""What several processes let through together, whatever the order of requests and exchanges."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.mutants import Mutant, rate_limits
from tests.support.rate_limits import limiter
from wallet_api.rate_limits import counts
from wallet_api.rate_limits.counts import MAX_CLIENTS, SHARE, Count, Limiter

Mutate = Callable[[Mutant], None]

LIMIT, PROCESSES = 60, 3
SHARE_OF_A_PROCESS = LIMIT // SHARE
A_LONG_TIME = f"{LIMIT}/30 days"
"""No window ends in the midst of a test, but once in a while."""


class StoreDown(Exception):
    pass


class Store:
    """Adds up like Redis and MongoDB, and can fail."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.is_down = False

    def add(self, key: str, _: int, amount: int) -> int:
        if self.is_down:
            raise StoreDown
        self.counts[key] += amount
        return self.counts[key]


class Process:
    def __init__(self, store: Store, rate: str = A_LONG_TIME) -> None:
        self._store = store
        self._due: list[Count] = []
        self.limiter = limiter(rate, self._due.append)
        self.passed = 0
        self.left = LIMIT

    def ask(self) -> None:
        standing = self.limiter.count("ada")
        assert standing.left <= self.left, "requests were given back"
        self.left = standing.left
        self.passed += not standing.is_refused

    def exchange(self) -> None:
        while self._due:
            try:
                self.limiter.exchange(self._due[0], self._store.add)
            except StoreDown:
                return
            self._due.pop(0)


def processes() -> tuple[Store, list[Process]]:
    store = Store()
    return store, [Process(store) for _ in range(PROCESSES)]


asks = st.lists(st.integers(0, PROCESSES - 1), min_size=LIMIT, max_size=5 * LIMIT)
troubles = st.lists(
    st.tuples(
        st.integers(0, PROCESSES - 1), st.sampled_from(["exchange", "wait", "down", "up", "forget"])
    ),
    min_size=LIMIT,
    max_size=5 * LIMIT,
)


@given(asks)
@hypothesis_settings(max_examples=50)
def test_while_all_settle_at_once_each_passes_a_share_more_at_most(order: list[int]) -> None:
    check_exchanged_at_once(order)


def check_exchanged_at_once(order: list[int]) -> None:
    store, each = processes()

    for number in order:
        each[number].ask()
        each[number].exchange()

    passed = sum(process.passed for process in each)
    assert passed >= min(LIMIT, len(order))
    assert passed <= LIMIT + PROCESSES * SHARE_OF_A_PROCESS
    assert passed - PROCESSES * SHARE_OF_A_PROCESS < store.counts.total() <= passed


@given(troubles)
@hypothesis_settings(max_examples=50)
def test_whatever_the_store_does_no_process_passes_its_limit_or_gives_requests_back(
    history: list[tuple[int, str]],
) -> None:
    check_in_trouble(history)


def check_in_trouble(history: list[tuple[int, str]]) -> None:
    store, each = processes()

    for number, then in history:
        each[number].ask()
        if then == "exchange":
            each[number].exchange()
        elif then == "forget":
            store.counts.clear()
        elif then != "wait":
            store.is_down = then == "down"

    assert all(process.passed <= LIMIT for process in each)


def test_a_store_that_comes_back_learns_what_was_counted_meanwhile() -> None:
    check_a_return()


def check_a_return() -> None:
    store, (one, other, _) = processes()
    store.is_down = True
    for _ in range(LIMIT - 1):
        one.ask()
        one.exchange()

    store.is_down = False
    one.exchange()
    for _ in range(LIMIT):
        other.ask()
        other.exchange()

    assert set(store.counts.values()) == {one.passed + other.passed}
    assert other.passed <= 1 + SHARE_OF_A_PROCESS


def test_what_comes_while_the_store_is_asked_is_exchanged_afterwards() -> None:
    store, (one, *_) = processes()

    def slow(key: str, seconds: int, amount: int) -> int:
        for _ in range(2 * SHARE_OF_A_PROCESS):
            one.ask()
        return store.add(key, seconds, amount)

    due: list[Count] = []
    one.limiter = limiter(A_LONG_TIME, due.append)
    for _ in range(SHARE_OF_A_PROCESS):
        one.ask()
    one.limiter.exchange(due.pop(), slow)

    assert len(due) == 1
    one.limiter.exchange(due.pop(), store.add)
    assert list(store.counts.values()) == [3 * SHARE_OF_A_PROCESS]


def test_a_thousand_clients_that_call_now_and_then_cost_the_store_nothing() -> None:
    due: list[Count] = []
    quiet = limiter("600/30 days", due.append)

    for number in range(1000):
        for _ in range(600 // SHARE - 1):
            quiet.count(f"client {number}")

    assert due == []


def test_a_flood_of_addresses_fills_no_memory() -> None:
    flooded = limiter("9/30 days")
    flooded.count("the first")

    for number in range(MAX_CLIENTS):
        flooded.count(str(number))

    assert flooded.clients == MAX_CLIENTS


@pytest.fixture
def _slow_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other threads come while a count is begun: a race is run, and not waited for."""

    class SlowCount(Count):
        def __init__(self, *begun: Any) -> None:
            time.sleep(0.001)
            super().__init__(*begun)

    monkeypatch.setattr(counts, "Count", SlowCount)


@pytest.mark.usefixtures("_slow_to_begin")
def test_fifty_threads_of_a_process_pass_the_limit_by_none() -> None:
    assert passed_by_fifty_threads() == 2000


def passed_by_fifty_threads() -> int:
    """Of 5000 requests, from a hundred clients that have not been seen before."""
    shared: Limiter = limiter("20/30 days")
    start = Barrier(50)

    def ask(_: int) -> int:
        start.wait(20)
        return sum(not shared.count(str(client)).is_refused for client in range(100))

    with ThreadPoolExecutor(50) as pool:
        return sum(pool.map(ask, range(50)))


def a_turn_each() -> list[int]:
    return [number % PROCESSES for number in range(5 * LIMIT)]


def test_processes_that_never_settle_are_found(mutate: Mutate) -> None:
    mutate(rate_limits.never_exchanged)

    with pytest.raises(AssertionError):
        check_exchanged_at_once(a_turn_each())


def test_a_process_that_believes_a_store_that_forgets_is_found(mutate: Mutate) -> None:
    mutate(rate_limits.the_store_is_believed)
    history = [(0, "wait")] * 9 + [(0, "exchange"), (0, "forget")]

    with pytest.raises(AssertionError, match="given back"):
        check_in_trouble(history * 2 * LIMIT)


def test_a_process_that_forgets_what_it_sends_is_found(mutate: Mutate) -> None:
    mutate(rate_limits.forgotten_while_it_is_sent)

    with pytest.raises(AssertionError):
        check_a_return()


def test_a_process_that_sends_twice_is_found(mutate: Mutate) -> None:
    mutate(rate_limits.sent_again_when_it_has_arrived)

    with pytest.raises(AssertionError):
        check_exchanged_at_once(a_turn_each())


@pytest.mark.usefixtures("_slow_to_begin")
def test_a_count_without_a_lock_is_found(mutate: Mutate) -> None:
    mutate(rate_limits.counted_without_a_lock)

    assert passed_by_fifty_threads() > 2000
