"""The store of the rate limits hangs, dies and forgets: the limits hold, and nobody waits."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.faults.servers import Standalone
from tests.faults.service import ROOT, Service, copied_to
from tests.support.redis import redis_where
from tests.support.reloading import wait_for_both
from tests.support.requests_by_address import new_address, nothing_to_refresh
from wallet_api.rate_limits.counts import SHARE

pytestmark = [pytest.mark.lengthy, pytest.mark.usefixtures("_no_settings_from_outside")]

LIMIT, PROCESSES, AT_ONCE = 60, 2, 24
AT_ONCE_SECONDS = 0.9
"""Less than the store may take, and far more than a request does."""
BACK_SECONDS = 15


class Server(Protocol):
    def signal(self, number: signal.Signals) -> None: ...
    def kill(self) -> None: ...
    def start(self) -> None: ...


@dataclass(frozen=True)
class Stage:
    service: Service
    store: Server
    log: Path

    def asked(self, times: int, address: str) -> Counter[int]:
        """Statuses. Whoever waits for the store fails the test."""
        answers = self.answers(times, address)
        assert max(seconds for _, seconds in answers) < AT_ONCE_SECONDS, "somebody waited"
        return Counter(status for status, _ in answers)

    def answers(self, times: int, address: str) -> list[tuple[int, float]]:
        """Statuses, and how many seconds they took."""

        def ask(_: int) -> tuple[int, float]:
            began = time.monotonic()
            status = nothing_to_refresh(self.service.port, address).status
            return status, time.monotonic() - began

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(ask, range(times)))

    def lines(self, event: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if f"event={event}" in line]

    def wait_for(self, event: str) -> None:
        """Until each process has told it."""
        deadline = time.monotonic() + BACK_SECONDS
        while len(self.lines(event)) < PROCESSES:
            assert time.monotonic() < deadline, f"no {event}"
            time.sleep(0.1)


def hang(store: Server) -> Callable[[], None]:
    store.signal(signal.SIGSTOP)
    return lambda: store.signal(signal.SIGCONT)


def die(store: Server) -> Callable[[], None]:
    store.kill()
    return store.start


Loss = Callable[[Server], Callable[[], None]]
"""Takes the store away; what it returns brings it back."""


@contextmanager
def staged(
    folder: Path, of_redis: bool, root: Path = ROOT, warm_up: int = AT_ONCE
) -> Iterator[Stage]:
    database = Standalone(folder / "mongo")
    with redis_where(of_redis, folder / "redis") as redis:
        service = Service(
            database.uri,
            folder / "service.log",
            hooks={},
            root=root,
            settings={
                "RATE_LIMIT_ADDRESS": f"{LIMIT}/7 days",
                "RATE_LIMIT_STORE": redis.url if redis else "mongodb",
                "WORKERS": str(PROCESSES),
                "LOG_LEVEL": "info",
            },
        )
        service.start()
        try:
            service.wait()
            stage = Stage(service, redis or database.server, folder / "service.log")
            # A process that has not seen its database yet waits for that.
            wait_for_both(service, stage.log)
            stage.answers(warm_up, new_address())
            yield stage
        finally:
            service.kill_tree()
            database.close()


@pytest.fixture(params=["redis", "mongodb"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, request.param == "redis") as stage:
        yield stage
    assert "Traceback" not in stage.log.read_text()


@pytest.mark.parametrize("lose", [hang, die])
def test_while_the_store_is_lost_each_process_holds_the_limit_and_nobody_waits(
    stage: Stage, lose: Loss
) -> None:
    check_without_the_store(stage, lose)


def check_without_the_store(stage: Stage, lose: Loss) -> None:
    bring_back = lose(stage.store)
    stage.asked(4 * LIMIT, new_address())
    stage.wait_for("rate_limit_store_lost")

    statuses = stage.asked(4 * PROCESSES * LIMIT, new_address())

    assert statuses.keys() <= {400, 429}
    assert LIMIT <= statuses[400] <= PROCESSES * LIMIT, "the door is open"
    bring_back()
    stage.wait_for("rate_limit_store_found")
    assert len(stage.lines("rate_limit_store_lost")) == PROCESSES, "once, and not with each look"


@pytest.mark.parametrize("lose", [hang, die])
def test_a_store_that_comes_back_is_told_what_was_counted_meanwhile(
    stage: Stage, lose: Loss
) -> None:
    check_the_return(stage, lose)


def check_the_return(stage: Stage, lose: Loss) -> None:
    address = new_address()
    bring_back = lose(stage.store)
    before = stage.asked(LIMIT, address)
    stage.wait_for("rate_limit_store_lost")

    bring_back()
    stage.wait_for("rate_limit_store_found")
    after = stage.asked(4 * LIMIT, address)

    assert before == {400: LIMIT}
    assert after[400] <= PROCESSES * (LIMIT // SHARE + AT_ONCE)


@pytest.mark.parametrize("of_redis", [True, False])
@pytest.mark.parametrize("asked", [0, 1, AT_ONCE])
def test_a_service_ends_quietly_while_the_store_is_lost(
    tmp_path: Path, of_redis: bool, asked: int
) -> None:
    with staged(tmp_path, of_redis, warm_up=asked) as stage:
        stage.store.kill()

        stage.service.terminate()

    written = stage.log.read_text()
    assert "wallet_api has stopped" in written
    assert "Traceback" not in written


def test_a_store_that_has_lost_its_counts_gives_nothing_back(tmp_path: Path) -> None:
    with staged(tmp_path, of_redis=True) as stage:
        address = new_address()
        while stage.asked(AT_ONCE, address) != {429: AT_ONCE}:
            assert len(stage.lines("rate_limit_store_lost")) == 0

        stage.store.kill()
        stage.store.start()

        assert stage.asked(4 * LIMIT, address) == {429: 4 * LIMIT}


Change = tuple[str, str, str]
"""A file, what is written there, and what is written there instead."""

EXCHANGE = "rate_limits/exchange.py"
SOON = '"""Have it exchanged soon. No round trip, and no wait; nothing without a thread."""'
LOST = "except Exception as error:"
WAITING: Change = (EXCHANGE, SOON, f"{SOON}\n        time.sleep(1)")
OPEN: Change = (
    EXCHANGE,
    LOST,
    f"{LOST}\n                from wallet_api.rate_limits import in_force"
    "\n                in_force.per_address = None",
)
ENDING: Change = (EXCHANGE, LOST, "except ZeroDivisionError as error:")


@pytest.mark.parametrize(
    ("change", "check", "found"),
    [
        (WAITING, check_without_the_store, "somebody waited"),
        (OPEN, check_without_the_store, "the door is open"),
        (ENDING, check_the_return, "no rate_limit_store_lost"),
    ],
    ids=["a request waits", "a lost store opens the door", "the thread ends with the store"],
)
def test_a_service_that_is_broken_on_purpose_is_found(
    tmp_path: Path, change: Change, check: Callable[[Stage, Loss], None], found: str
) -> None:
    file, written, instead = change
    root = copied_to(tmp_path)
    changed = root / "wallet_api" / file
    assert written in changed.read_text()
    changed.write_text(changed.read_text().replace(written, instead))

    with (
        staged(tmp_path, of_redis=True, root=root) as stage,
        pytest.raises(AssertionError, match=found),
    ):
        check(stage, hang)
