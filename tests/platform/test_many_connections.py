"""More clients than the process may have descriptors: those that come later wait, nothing ends."""

import re
import resource
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from tests.faults import service as services
from tests.faults.service import Service
from wallet_api.embedded_mongo import EmbeddedMongo

pytestmark = pytest.mark.lengthy

DESCRIPTORS, CLIENTS = 256, 500
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def service(
    mongo: EmbeddedMongo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    limited = ["prlimit", f"--nofile={DESCRIPTORS}", sys.executable, "-m", "gunicorn"]
    monkeypatch.setattr(services, "GUNICORN", limited)
    monkeypatch.setenv("WORKERS", "2")
    host, port = parse_uri(mongo.uri)["nodelist"][0]
    service = Service(f"mongodb://{host}:{port}/many", tmp_path / "service.log", hooks={})
    service.start()
    try:
        service.wait()
        yield service
        service.terminate()
    finally:
        service.kill_tree()


def healthy_within(service: Service, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", service.port), timeout=1) as client:
                client.sendall(REQUEST)
                if client.recv(64).startswith(b"HTTP/1.1 200"):
                    return True
        except OSError:
            time.sleep(0.1)
    return False


def test_silent_clients_beyond_the_limit_of_descriptors_end_no_worker(
    service: Service, tmp_path: Path
) -> None:
    with ExitStack() as opened:
        for _ in range(CLIENTS):
            client = opened.enter_context(socket.socket())
            client.settimeout(0.05)
            try:
                client.connect(("127.0.0.1", service.port))
            except OSError:
                break  # the listening socket's own queue is full
        time.sleep(1)

    assert healthy_within(service, 20)
    log = (tmp_path / "service.log").read_text()
    assert not re.search("exited with code|Too many open files", log)


def test_a_worker_that_gets_no_descriptor_makes_places_and_goes_on(
    service: Service, tmp_path: Path
) -> None:
    """The system has fewer left than the worker was told of at its start."""
    workers = service.workers()
    for worker in workers:
        open_now = len(list(Path(f"/proc/{worker}/fd").iterdir()))
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (open_now + 20, DESCRIPTORS))

    with ExitStack() as opened:
        for _ in range(100):
            client = opened.enter_context(socket.socket())
            client.connect(("127.0.0.1", service.port))
        assert healthy_within(service, 5)

    assert service.workers() == workers
    log = (tmp_path / "service.log").read_text()
    assert "Too many open files" not in log
