"""Whatever an application answers, its head goes first and the client can tell where it ends."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from tests.faults.servers import free_port
from tests.faults.service import ROOT
from tests.hostile.odd_answers import BIG, HELLO
from tests.hostile.strict_wire import StrictAnswer, first_answer
from tests.hostile.wire import Port, connect, received, request

pytestmark = pytest.mark.lengthy

WAYS = list(product(("HTTP/1.1", "HTTP/1.0"), ("close", "keep-alive")))
SECONDS = 20


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd") / "gunicorn.log"


@pytest.fixture(scope="module")
def odd(log: Path) -> Iterator[Port]:
    port = free_port()
    settings = {
        "PORT": str(port),
        "MONGO_URI": "mongodb://127.0.0.1:1/x",
        "JWT_SECRET_KEY": "x" * 40,
        "LEDGER_SECRET": "y" * 40,
    }
    with log.open("wb") as output:
        gunicorn = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "tests/hostile/odd_gunicorn.py"],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(port)
        yield port
    finally:
        gunicorn.terminate()
        gunicorn.wait(SECONDS)


def wait_for(port: Port) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with suppress(ConnectionRefusedError), connect(port):
            return
        time.sleep(0.1)
    raise AssertionError("gunicorn does not start")


def answered(
    port: Port, name: str, method: str = "GET", version: str = "HTTP/1.1", connection: str = "close"
) -> tuple[StrictAnswer, bytes]:
    """The answer, and what follows it: a second answer, or nothing where the connection closed."""
    first = request(method, f"/{name}", f"Connection: {connection}")
    second = request("GET", "/whole", "Connection: close")
    with connect(port) as client:
        client.sendall(first.replace(b"HTTP/1.1", version.encode(), 1) + second)
        answer, rest = first_answer(received(client), to=method)
    if answer.closes:
        assert rest == b""
    else:
        assert first_answer(rest)[0].body == HELLO
    return answer, rest


KNOWN_LENGTH = {
    "file_of_known_length": BIG,
    "file_from_its_middle": HELLO[7:],
    "empty_file": b"",
    "whole": HELLO,
    "pieces_of_known_length": HELLO,
    "nothing": b"",
    "too_much": HELLO,
}
UNKNOWN_LENGTH = {
    "file_of_unknown_length": BIG,
    "pieces": HELLO,
    "written": HELLO,
    "nothing_of_unknown_length": b"",
}


@pytest.mark.parametrize("name", KNOWN_LENGTH)
@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_a_body_of_known_length_keeps_the_connection_as_asked(
    odd: Port, name: str, version: str, connection: str
) -> None:
    answer, _ = answered(odd, name, version=version, connection=connection)

    assert (answer.status, answer.body) == (200, KNOWN_LENGTH[name])
    assert answer.headers["content-length"] == str(len(KNOWN_LENGTH[name]))
    assert answer.headers["connection"] == connection


@pytest.mark.parametrize("name", UNKNOWN_LENGTH)
@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_a_body_of_unknown_length_comes_in_chunks_or_ends_the_connection(
    odd: Port, name: str, version: str, connection: str
) -> None:
    answer, _ = answered(odd, name, version=version, connection=connection)

    assert (answer.status, answer.body) == (200, UNKNOWN_LENGTH[name])
    assert answer.closes is (version == "HTTP/1.0" or connection == "close")
    assert ("transfer-encoding" in answer.headers) is (version == "HTTP/1.1")


@pytest.mark.parametrize("name", [*KNOWN_LENGTH, *UNKNOWN_LENGTH, "no_content", "not_modified"])
@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_an_answer_to_head_has_no_body(odd: Port, name: str, version: str, connection: str) -> None:
    answer, _ = answered(odd, name, "HEAD", version=version, connection=connection)

    assert answer.headers["connection"] == connection


@pytest.mark.parametrize(("name", "status"), [("no_content", 204), ("not_modified", 304)])
@pytest.mark.parametrize(("version", "connection"), WAYS)
def test_what_may_have_no_body_has_none(
    odd: Port, name: str, status: int, version: str, connection: str
) -> None:
    answer, _ = answered(odd, name, version=version, connection=connection)

    assert answer.status == status
    assert answer.headers["connection"] == connection
    assert "content-length" not in answer.headers


def test_head_and_body_come_in_one_segment(odd: Port) -> None:
    for name in ("whole", "pieces_of_known_length", "file_from_its_middle"):
        with connect(odd) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(request("GET", f"/{name}"))
            first = client.recv(65_536)

        assert first.startswith(b"HTTP/1.1 200 OK\r\n")
        assert not first.endswith(b"\r\n\r\n"), name


BROKEN = (
    "breaks_before_its_first_piece",
    "no_bytes",
    "never_starts",
    "splits_its_header",
    "raises",
)


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_breaks_before_it_is_sent_is_a_500_that_tells_nothing(
    odd: Port, log: Path, name: str, method: str
) -> None:
    answer, rest = answered(odd, name, method, connection="keep-alive")

    assert answer.status == 500
    assert (answer.closes, rest) == (True, b"")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] in log.read_text()
    if method == "GET":
        problem = json.loads(answer.body)
        assert problem["code"] == "internal_error"
        assert problem["instance"] == f"/{name}"
        assert problem["requestId"] == answer.headers["x-request-id"]
        assert b"secret" not in answer.body


@pytest.mark.parametrize("name", ["too_little", "breaks_after_its_first_piece"])
def test_half_an_answer_is_seen_to_be_one(odd: Port, name: str) -> None:
    with connect(odd) as client:
        client.sendall(request("GET", f"/{name}") + request("GET", "/whole"))
        raw = received(client)

    assert raw.count(b"HTTP/1.1") == 1, "nothing is taken for its rest"
    assert HELLO in raw
    with pytest.raises(AssertionError, match=r"12 bytes of 500|the last chunk is missing"):
        first_answer(raw)


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ((), ()),
        (("X-A: 1", "X-B: 2"), ()),
        (("Idempotency-Key: p", "idempotency-key: p"), ("idempotency-key",)),
        (("X-A: 1", "Authorization: a", "x-a: 1", "AUTHORIZATION: b"), ("authorization", "x-a")),
        (("Cookie: a=1", "Cookie: b=2", "Cookie: c=3"), ("cookie",)),
        (("X_A: 1", "X_A: 2"), ()),
    ],
)
def test_headers_that_came_more_than_once_are_named(
    odd: Port, headers: tuple[str, ...], names: tuple[str, ...]
) -> None:
    with connect(odd) as client:
        client.sendall(request("GET", "/repeated", "Connection: close", *headers))
        answer, _ = first_answer(received(client))

    assert answer.body == repr(names).encode()


@pytest.mark.parametrize(
    ("version", "asked", "closes"),
    [
        ("HTTP/1.1", "close, TE", True),
        ("HTTP/1.1", "TE, Close", True),
        ("HTTP/1.1", "TE\r\nConnection: close", True),
        ("HTTP/1.1", "keep-alive, close", True),
        ("HTTP/1.1", "TE", False),
        ("HTTP/1.0", "Keep-Alive, TE", False),
        ("HTTP/1.0", "TE\r\nConnection: keep-alive", False),
        ("HTTP/1.0", "TE", True),
        ("HTTP/1.0", "close, keep-alive", True),
    ],
)
def test_what_becomes_of_the_connection_is_read_from_the_whole_list(
    odd: Port, version: str, asked: str, closes: bool
) -> None:
    answer, _ = answered(odd, "whole", version=version, connection=asked)

    assert answer.closes is closes
