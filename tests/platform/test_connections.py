"""How the workers share connections, and how they write to them."""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from tests.faults.service import Service, copied_to
from wallet_api.embedded_mongo import EmbeddedMongo

CONNECTIONS = 8
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def service(
    mongo: EmbeddedMongo, tmp_path_factory: pytest.TempPathFactory, _no_settings_from_outside: None
) -> Iterator[Service]:
    host, port = parse_uri(mongo.uri)["nodelist"][0]
    root = copied_to(tmp_path_factory.mktemp("connections"))
    give_time_to_yield(root)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WORKERS", "2")
        service = Service(
            f"mongodb://{host}:{port}/connections", root / "service.log", hooks={}, root=root
        )
    service.start()
    try:
        wait_for_all_workers(service)
        yield service
        service.terminate()
    finally:
        service.kill_tree()


def give_time_to_yield(root: Path) -> None:
    """More than the 5 ms, within which a worker need not wake up on a busy machine."""
    worker = root / "wallet_api" / "server" / "worker.py"
    text = worker.read_text()
    assert text.count("YIELD_SECONDS = 0.005") == 1
    worker.write_text(text.replace("YIELD_SECONDS = 0.005", "YIELD_SECONDS = 0.2"))


@contextmanager
def clients(service: Service) -> Iterator[list[socket.socket]]:
    """Connections that a worker has accepted, for it has answered."""
    with ExitStack() as opened:
        yield [
            opened.enter_context(answered(socket.create_connection(("127.0.0.1", service.port))))
            for _ in range(CONNECTIONS)
        ]


def answered(client: socket.socket) -> socket.socket:
    client.settimeout(10)
    client.sendall(REQUEST)
    answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'\r\n\r\n{"status":"ok"}'), "head and body arrive together"
    return client


def wait_for_all_workers(service: Service) -> None:
    service.wait()
    deadline = time.monotonic() + 20
    with ExitStack() as opened:
        while not all(held_by(worker, service.port) for worker in service.workers()):
            assert time.monotonic() < deadline
            opened.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            time.sleep(0.1)
    while any(held_by(worker, service.port) for worker in service.workers()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def held_by(worker: int, port: int) -> int:
    """How many established connections to the port the process has."""
    # A set: the kernel may tell of one twice while others come and go.
    established = set(
        re.findall(
            rf"^ *\d+: \S+:{port:04X} \S+ 01 (?:\S+ +){{5}}(\d+)",
            Path("/proc/net/tcp").read_text(),
            re.M,
        )
    )
    names = []
    for descriptor in Path(f"/proc/{worker}/fd").iterdir():
        try:
            names.append(os.readlink(descriptor))
        except FileNotFoundError:
            continue
    return sum(f"socket:[{inode}]" in names for inode in established)


def test_a_connection_goes_to_the_worker_that_has_fewer(service: Service) -> None:
    one, other = service.workers()
    os.kill(other, signal.SIGSTOP)
    try:
        with clients(service):
            assert held_by(one, service.port) == CONNECTIONS, (
                "a worker that hangs is not waited for"
            )
            os.kill(other, signal.SIGCONT)
            with clients(service):
                assert held_by(other, service.port) >= CONNECTIONS - 1
    finally:
        os.kill(other, signal.SIGCONT)
