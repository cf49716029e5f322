"""Health checks are answered in time, however many requests wait for a database that hangs."""

import http.client
import json
import signal
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.servers import Standalone
from tests.faults.service import Service
from wallet_api.health.readiness import REMEMBERED_SECONDS

pytestmark = pytest.mark.lengthy

WORKERS, THREADS = 2, 16
CLIENTS = 40
"""More than the threads of both workers together."""
AT_ONCE_SECONDS = 1.0
READY_SECONDS = 4.0
PASSWORD = "correct horse battery"


def connected(service: Service) -> "closing[http.client.HTTPConnection]":
    return closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60))


def asked(
    client: http.client.HTTPConnection, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any, float]:
    """The status, the body, and how many seconds they took."""
    since = time.monotonic()
    content = None if body is None else json.dumps(body)
    client.request(method, path, content, {"Content-Type": "application/json", **headers})
    answer = client.getresponse()
    received = answer.read()
    return answer.status, json.loads(received or b"{}"), time.monotonic() - since


def ask(service: Service, method: str, path: str, body: Any = None, **headers: str) -> Any:
    with connected(service) as client:
        return asked(client, method, path, body, **headers)


@pytest.fixture(scope="module")
def database() -> Iterator[Standalone]:
    standalone = Standalone()
    yield standalone
    standalone.close()


@pytest.fixture
def service(
    database: Standalone,
    _no_settings_from_outside: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Service]:
    monkeypatch.setenv("WORKERS", str(getattr(request, "param", WORKERS)))
    monkeypatch.setenv("THREADS", str(THREADS))
    service = Service(database.uri, tmp_path / "service.log", hooks={})
    service.start()
    try:
        service.wait()
        yield service
    finally:
        database.server.signal(signal.SIGCONT)
        service.kill_tree()


@pytest.fixture
def me(service: Service) -> dict[str, str]:
    """The header of somebody who has logged in."""
    person = {"firstName": "A", "lastName": "B", "email": "a@example.com", "password": PASSWORD}
    ask(service, "POST", "/auth/register", person)
    login = {"email": person["email"], "password": PASSWORD}
    token = ask(service, "POST", "/auth/login", login)[1]["token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def waiting(
    service: Service, me: dict[str, str], database: Standalone, request: pytest.FixtureRequest
) -> Iterator[list["Future[Any]"]]:
    """The database hangs, and deposits of 40 clients wait for it: every thread is taken."""
    clients = getattr(request, "param", CLIENTS)
    database.server.signal(signal.SIGSTOP)
    with ThreadPoolExecutor(clients) as pool:
        deposits = [
            pool.submit(ask, service, "POST", "/wallets/deposit", {"amount": 1}, **me)
            for _ in range(clients)
        ]
        time.sleep(REMEMBERED_SECONDS + 0.2)  # until no worker remembers that all was well
        try:
            yield deposits
        finally:
            database.server.signal(signal.SIGCONT)


def test_the_process_is_alive_at_once_while_every_thread_waits(
    service: Service, waiting: list["Future[Any]"]
) -> None:
    answers = [ask(service, method, "/healthz") for method in ("GET", "HEAD") * 5]

    assert not any(deposit.done() for deposit in waiting), "the database was to hang all the time"
    assert {status for status, _, _ in answers} == {200}
    assert max(seconds for _, _, seconds in answers) < AT_ONCE_SECONDS


def test_a_kept_connection_is_answered_as_fast_as_a_new_one(
    service: Service, waiting: list["Future[Any]"]
) -> None:
    with connected(service) as client:
        answers = [asked(client, "GET", "/healthz") for _ in range(5)]

    assert not any(deposit.done() for deposit in waiting)
    assert {status for status, _, _ in answers} == {200}
    assert max(seconds for _, _, seconds in answers) < AT_ONCE_SECONDS


def test_readiness_is_known_in_time_and_delays_no_sign_of_life(
    service: Service, waiting: list["Future[Any]"]
) -> None:
    with ThreadPoolExecutor(12) as probes:
        ready = [probes.submit(ask, service, "GET", "/readyz") for _ in range(12)]
        alive = [ask(service, "GET", "/healthz") for _ in range(5)]
        answers = [probe.result() for probe in ready]

    assert {status for status, _, _ in answers} == {503}
    assert all("takes no write: " in body["failures"][0] for _, body, _ in answers)
    assert max(seconds for _, _, seconds in answers) < READY_SECONDS
    assert max(seconds for _, _, seconds in alive) < AT_ONCE_SECONDS


@pytest.mark.parametrize(("service", "waiting"), [(1, THREADS)], indirect=True)
def test_a_request_behind_a_health_check_takes_no_reserved_thread(
    service: Service, me: dict[str, str], waiting: list["Future[Any]"]
) -> None:
    """Every thread is taken and nobody waits for one: then a thread stays with its connection."""
    with connected(service) as client:
        asked(client, "GET", "/healthz")
        client.request("GET", "/wallets", headers=me)

        answers = [ask(service, "GET", "/healthz") for _ in range(5)]

    assert max(seconds for _, _, seconds in answers) < AT_ONCE_SECONDS


def test_connections_that_are_reset_meanwhile_end_no_worker(
    service: Service, waiting: list["Future[Any]"]
) -> None:
    workers = set(service.workers())

    for _ in range(100):
        client = socket.create_connection(("127.0.0.1", service.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    assert ask(service, "GET", "/healthz")[0] == 200
    assert set(service.workers()) == workers


def test_all_is_well_once_the_database_goes_on(
    service: Service, database: Standalone, waiting: list["Future[Any]"]
) -> None:
    ask(service, "GET", "/readyz")

    database.server.signal(signal.SIGCONT)

    assert {deposit.result()[0] for deposit in waiting} <= {200, 503}
    service.wait()
