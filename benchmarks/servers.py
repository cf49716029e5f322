"""The servers under test, started as `make run` starts the service."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORTS = range(20_000, 32_768)
"""Below the range that the kernel gives to outgoing connections."""

START_SECONDS = 60.0
STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    pid: int


@contextmanager
def service(environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """The service, with gunicorn.conf.py's own settings."""
    with _gunicorn([], "/readyz", environment, log) as server:
        yield server


@contextmanager
def noop(environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """A Flask route that does nothing, under the same gunicorn settings."""
    with _gunicorn(["-c", "benchmarks/noop_gunicorn.py"], "/noop", environment, log) as server:
        yield server


@contextmanager
def _gunicorn(
    arguments: Sequence[str], probe: str, environment: Mapping[str, str], log: Path
) -> Iterator[Server]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *arguments],
            cwd=ROOT,
            env=os.environ | environment | {"HOST": "127.0.0.1", "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, url + probe, log)
        yield Server(url, process.pid)
    finally:
        _end(process)


def _free_port() -> int:
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise SystemExit("benchmarks: no free port between 20000 and 32767")


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise SystemExit(f"benchmarks: the server did not start\n{log.read_text()[-3000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # It leads a session of its own: none but its workers are in the group.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
