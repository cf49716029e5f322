"""The service as `make run` starts it, and people who hold a token of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pymongo.uri_parser import parse_uri
from werkzeug.routing import Rule

from tests.faults.service import Service
from tests.hostile.wire import Answer, exchange, request
from tests.support.marks import mark_all_in
from wallet_api.embedded_mongo import EmbeddedMongo

THREADS = 8
REQUEST_SECONDS = 1
"""How long the service waits for the whole of a request."""
PASSWORD = "correct horse battery"
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_all_in(Path(__file__).parent, items, pytest.mark.hostile)


@dataclass(frozen=True)
class Account:
    """A wallet of 100.00 INR and the port of the service that holds it."""

    port: int
    email: str
    user_id: str
    token: str

    FUNDED_CENTS = 10_000

    @property
    def authorization(self) -> str:
        return f"Authorization: Bearer {self.token}"

    def call(self, method: str, target: str, body: Any = None, *headers: str) -> Answer:
        (answer,) = exchange(self.port, self.written(method, target, body, *headers))
        return answer

    def written(self, method: str, target: str, body: Any = None, *headers: str) -> bytes:
        """The request as a well-behaved client would write it."""
        if body is None:
            return request(method, target, self.authorization, *headers)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        framing = ("Content-Type: application/json", f"Content-Length: {len(raw)}")
        return request(method, target, self.authorization, *framing, *headers, body=raw)

    def balance_cents(self) -> int:
        return json.loads(self.call("GET", "/wallets").body)["balanceCents"]

    def assert_nothing_moved(self) -> None:
        """And, as it answers, the service is well."""
        assert self.balance_cents() == self.FUNDED_CENTS


@pytest.fixture(scope="session")
def service_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "service.log"


@pytest.fixture(scope="session")
def port(mongo: EmbeddedMongo, service_log: Path, _no_settings_from_outside: None) -> Iterator[int]:
    """Of a running service. At the end its log must tell of nothing that broke."""
    host, mongo_port = parse_uri(mongo.uri)["nodelist"][0]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WORKERS", "2")
        environment.setenv("THREADS", str(THREADS // 2))
        environment.setenv("REQUEST_SECONDS", str(REQUEST_SECONDS))
        service = Service(f"mongodb://{host}:{mongo_port}/hostile", service_log, hooks={})
    service.start()
    try:
        service.wait()
        yield service.port
        service.terminate()
    finally:
        service.kill_tree()
    written = service_log.read_text(errors="replace")
    assert "Traceback" not in written, written[-5000:]


@pytest.fixture
def rules(_served: Flask) -> list[Rule]:
    """Every rule of the URL map, so that a new route is tried without being named."""
    return list(_served.url_map.iter_rules())


@pytest.fixture
def account(port: int) -> Account:
    return open_account(port)


@pytest.fixture
def other(port: int) -> Account:
    return open_account(port)


def open_account(port: int) -> Account:
    email = f"person-{next(_numbers)}@example.com"
    someone = Account(port, email, "", "")
    names = {"firstName": "A", "lastName": "Person"}
    login = {"email": email, "password": PASSWORD}
    registered = someone.call("POST", "/auth/register", names | login)
    assert registered.status == 201, registered
    token = json.loads(someone.call("POST", "/auth/login", login).body)["token"]
    opened = Account(port, email, json.loads(registered.body)["userId"], token)
    assert opened.call("POST", "/wallets/deposit", {"amount": 100}).status == 200
    return opened
