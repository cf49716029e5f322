"""Which worker runs on which processor."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from tests.faults.service import Service
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.server import cpu_affinity

PROCESSORS = {0, 1}
SECONDS = 30

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or not os.sched_getaffinity(0) >= PROCESSORS,
    reason="needs a Linux machine with two processors",
)


@pytest.fixture
def started(
    mongo: EmbeddedMongo, tmp_path: Path, _no_settings_from_outside: None
) -> Iterator[Callable[..., Service]]:
    """Starts the service with these settings, on two processors of the machine."""
    host, port = parse_uri(mongo.uri)["nodelist"][0]
    services = []

    def start(**settings: str) -> Service:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in settings.items():
                environment.setenv(name, value)
            service = Service(
                f"mongodb://{host}:{port}/processors", tmp_path / "service.log", hooks={}
            )
        services.append(service)
        whole = os.sched_getaffinity(0)
        os.sched_setaffinity(0, PROCESSORS)
        try:
            service.start()
        finally:
            os.sched_setaffinity(0, whole)
        service.wait()
        return service

    try:
        yield start
    finally:
        for service in services:
            service.kill_tree()


def processors_of(worker: int) -> set[int]:
    """Of all its threads together; none if it has just ended."""
    try:
        threads = [int(thread.name) for thread in Path(f"/proc/{worker}/task").iterdir()]
        return set().union(*map(os.sched_getaffinity, threads))
    except (FileNotFoundError, ProcessLookupError):
        return set()


def eventually(service: Service, *expected: set[int], without: int | None = None) -> None:
    """Until the workers keep to these, in whatever order, and this one has gone."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        workers = service.workers()
        seen = [processors_of(worker) for worker in workers]
        if sorted(map(sorted, seen)) == sorted(map(sorted, expected)) and without not in workers:
            return
        time.sleep(0.05)
    raise AssertionError(f"the workers run on {seen}")


def test_each_keeps_to_one_of_its_own(started: Callable[..., Service]) -> None:
    service = started()

    eventually(service, {0}, {1})


def test_a_new_worker_takes_the_place_of_one_that_died(started: Callable[..., Service]) -> None:
    service = started()
    eventually(service, {0}, {1})
    for _ in range(2):
        second = max(service.workers())
        os.kill(second, signal.SIGKILL)
        eventually(service, {0}, {1}, without=second)


def test_so_do_those_after_a_reload(started: Callable[..., Service]) -> None:
    service = started()
    eventually(service, {0}, {1})
    first = min(service.workers())

    service.hang_up()

    eventually(service, {0}, {1}, without=first)


@pytest.mark.parametrize(("workers", "pinned"), [("3", "true"), ("1", "true"), ("2", "false")])
def test_otherwise_the_system_moves_them_about(
    started: Callable[..., Service], workers: str, pinned: str
) -> None:
    service = started(WORKERS=workers, PIN_WORKERS=pinned)

    eventually(service, *[PROCESSORS] * int(workers))


def test_a_processor_that_is_gone_is_no_reason_to_fail() -> None:
    cpu_affinity.keep_to(1023)
