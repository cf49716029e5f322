"""Debian's redis-server, which can be paused, killed and started again."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.faults.servers import free_port

is_allowed = False
"""Whether the test that runs is one of those that may need Debian's redis-server."""


@contextmanager
def redis_where(wanted: bool, folder: Path) -> Iterator["RedisServer | None"]:
    """A running one, with its files in the folder, or none."""
    if not wanted:
        yield None
        return
    with running_redis(folder) as server:
        yield server


@contextmanager
def running_redis(folder: Path) -> Iterator["RedisServer"]:
    """A running one, with its files in the folder."""
    assert is_allowed, "`make test` needs no redis-server: mark the test as lengthy"
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class RedisServer:
    """It keeps nothing on the disk: started again, it is empty."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def counts(self) -> dict[str, object]:
        """The seconds until each key ends, by its name; None: never."""
        with Redis(port=self.port, decode_responses=True) as client:
            seconds = {str(key): client.ttl(key) for key in client.scan_iter()}
        return {key: left if left >= 0 else None for key, left in seconds.items()}

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        program = shutil.which("redis-server")
        assert program, "redis-server is not installed: apt-get install redis-server"
        self._process = subprocess.Popen(
            [
                *(program, "--bind", "127.0.0.1", "--port", str(self.port)),
                *("--save", "", "--appendonly", "no", "--dir", self._folder),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with Redis(port=self.port, socket_timeout=1) as client:
                    client.ping()
                return
            except (OSError, RedisError):
                time.sleep(0.05)
        raise RuntimeError("redis-server does not answer")

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
