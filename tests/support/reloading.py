"""A service of two workers that is told to reload, and waited for."""

import http.client
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pymongo.uri_parser import parse_uri

from tests.faults.service import Service

RELOAD_SECONDS = 30


@contextmanager
def running(installed: Path, uri: str, database: str, **settings: str) -> Iterator[Service]:
    """The service in this folder, whose `.env` names its database and may be added to."""
    host, port = parse_uri(uri)["nodelist"][0]
    (installed / ".env").write_text(f"MONGO_URI=mongodb://{host}:{port}/{database}\n")
    log = installed / "service.log"
    chosen = {"LOG_LEVEL": "info", "WORKERS": "2", **settings}
    service = Service(None, log, hooks={}, root=installed, settings=chosen)
    service.start()
    try:
        service.wait()
        # A worker that is still reading the code would read what a test changes.
        wait_for_both(service, log)
        yield service
        service.terminate()
    finally:
        service.kill_tree()


def wait_for_both(service: Service, log: Path) -> None:
    """Until both workers have answered. Connections go to the one that has fewer."""
    deadline = time.monotonic() + RELOAD_SECONDS
    while not all(f" info {pid} GET /healthz " in log.read_text() for pid in service.workers()):
        assert time.monotonic() < deadline, "only one worker serves"
        with ExitStack() as open_ones:
            for _ in range(4):
                client = http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)
                open_ones.callback(client.close)
                client.request("GET", "/healthz")
                client.getresponse().read()
        time.sleep(0.1)


def reload(service: Service) -> None:
    """Ask for new workers, and wait until none but they are left."""
    before = set(service.workers())
    service.hang_up()
    deadline = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < deadline:
        # Gone, if its master ended: there is nothing to ask for its children.
        with suppress(FileNotFoundError):
            present = set(service.workers())
            if len(present) == 2 and not present & before:
                service.wait()
                return
        time.sleep(0.1)
    raise AssertionError(f"no new workers within {RELOAD_SECONDS} s")
