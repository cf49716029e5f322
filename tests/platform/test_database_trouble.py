"""A database that refuses the service is named in /readyz and once in the log, as what it is."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from tests.faults.service import Service
from tests.support.refusing_servers import (
    PASSWORD,
    READER,
    WRITER,
    RefusingServers,
    refusing_servers,
)
from wallet_api.database_trouble import Kind, Trouble, trouble_in

pytestmark = pytest.mark.lengthy

READY_SECONDS = 4.0
AT_ONCE_SECONDS = 1.0
START_SECONDS = 60


@dataclass(frozen=True)
class Case:
    uri: Callable[[RefusingServers], str]
    told: str
    code: str = "out_of_service"


LOGIN = "the login is refused (Authentication failed.): wrong user, password or authSource"
CASES = {
    "wrong password": Case(lambda at: at.guarded_uri(WRITER, "wrong"), LOGIN),
    "no authSource": Case(lambda at: at.guarded_uri(WRITER, source="wallet"), LOGIN),
    "no login": Case(
        lambda at: f"mongodb://127.0.0.1:{at.guarded}/wallet",
        "this service is not allowed what it needs: command update requires authentication",
    ),
    "no right to write": Case(
        lambda at: at.guarded_uri(READER, source="wallet"),
        "this service is not allowed what it needs: not authorized on wallet",
    ),
    "wrong set": Case(
        lambda at: f"mongodb://127.0.0.1:{at.in_a_set}/wallet?replicaSet=rs1",
        'no server belongs to the replica set "rs1"',
    ),
    "wrong set, directly": Case(
        lambda at: f"mongodb://127.0.0.1:{at.in_a_set}/wallet?replicaSet=rs1&directConnection=true",
        "replica set named 'rs1' but this node belongs to a set named 'rs0'",
    ),
    "TLS to a server without": Case(
        lambda at: f"mongodb://127.0.0.1:{at.in_a_set}/wallet?tls=true",
        "TLS cannot be agreed on: ",
    ),
    "an unknown certificate": Case(
        lambda at: f"mongodb://localhost:{at.encrypted}/wallet?tls=true",
        "certificate verify failed",
    ),
    # These may end without anybody's doing.
    "no TLS to a server with": Case(
        lambda at: f"mongodb://localhost:{at.encrypted}/wallet",
        "connection closed (does the server ask for TLS?)",
        "unavailable",
    ),
    "an unknown host": Case(
        lambda _: "mongodb://nowhere.invalid/wallet",
        "nowhere.invalid:27017: [Errno -",
        "unavailable",
    ),
    "nobody there": Case(
        lambda _: "mongodb://127.0.0.1:1/wallet", "127.0.0.1:1: [Errno 111]", "unavailable"
    ),
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    seconds: float


def call(service: Service, path: str, body: object = None) -> Answer:
    request = Request(f"http://127.0.0.1:{service.port}{path}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    since = time.monotonic()
    try:
        with urlopen(request, timeout=30) as answer:
            content, status, headers = answer.read(), answer.status, dict(answer.headers)
    except HTTPError as error:
        content, status, headers = error.read(), error.code, dict(error.headers)
    return Answer(status, headers, json.loads(content), time.monotonic() - since)


@pytest.fixture(scope="module")
def services(
    _no_settings_from_outside: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Service, Path]]]:
    """All at once: each takes seconds to start, and waits most of the time."""
    folder = tmp_path_factory.mktemp("trouble")
    with pytest.MonkeyPatch.context() as environment, refusing_servers() as servers:
        environment.setenv("WORKERS", "1")
        started = {}
        try:
            for number, (name, case) in enumerate(CASES.items()):
                log = folder / f"{number}.log"
                started[name] = (Service(case.uri(servers), log, hooks={}), log)
                started[name][0].start()
            yield started
        finally:
            for service, _ in started.values():
                service.kill_tree()


@pytest.fixture(params=CASES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service(services: dict[str, tuple[Service, Path]], name: str) -> Service:
    service, log = services[name]
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", service.port), timeout=5):
            return service
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_the_process_is_alive_at_once(service: Service) -> None:
    call(service, "/healthz")  # waits for the worker, whose code is still being read

    health = call(service, "/healthz")

    assert (health.status, health.body) == (200, {"status": "ok"})
    assert health.seconds < AT_ONCE_SECONDS


def test_the_reason_is_told_in_time_without_secrets(service: Service, name: str) -> None:
    ready = call(service, "/readyz")

    (failure,) = ready.body["failures"]
    assert ready.status == 503
    assert ready.seconds < READY_SECONDS
    assert failure.startswith("the database takes no write: ")
    assert CASES[name].told in failure
    assert PASSWORD not in failure
    assert WRITER not in failure
    assert "Topology" not in failure
    assert "execute command" not in failure


def test_a_request_learns_whether_waiting_helps(service: Service, name: str) -> None:
    login = {"email": "ada@example.com", "password": "correct horse battery"}

    answer = call(service, "/auth/login", login)

    assert (answer.status, answer.body["code"]) == (503, CASES[name].code)
    assert ("Retry-After" in answer.headers) == (CASES[name].code == "unavailable")


def test_a_login_refused_to_somebody_else_just_before_is_told_as_one() -> None:
    """Until the server is asked again, PyMongo selects it for nobody."""
    error = ServerSelectionTimeoutError(
        "Authentication failed., full error: {'ok': 0.0, 'errmsg': 'Authentication failed.', "
        "'code': 18, 'codeName': 'AuthenticationFailed'}, Timeout: 3.0s, Topology Description: ..."
    )

    assert trouble_in(error) == Trouble(Kind.LOGIN, LOGIN)


def test_the_log_says_it_in_one_line_however_many_ask(
    services: dict[str, tuple[Service, Path]], service: Service, name: str
) -> None:
    for _ in range(5):
        call(service, "/readyz")
        call(service, "/auth/login", {"email": "ada@example.com", "password": "correct horse"})

    lines = services[name][1].read_text().splitlines()

    (line,) = [line for line in lines if "cannot be used" in line]
    assert CASES[name].told in line
    assert len(lines) == 1, lines
    assert PASSWORD not in line
