"""Debian's rabbitmq-server on the loopback, which can be paused, killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kombu import Connection

from tests.faults.servers import free_port

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
"""The program itself: the one in /usr/sbin changes to another user."""

LOOPBACK = "127.0.0.1"


@contextmanager
def running_rabbitmq(folder: Path) -> Iterator["RabbitServer"]:
    """A running one, with its files in the folder."""
    server = RabbitServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.close()


class RabbitServer:
    """Started again, it has the messages that it was told to keep: of ours, none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._distribution, self._epmd_port = free_port(), free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{LOOPBACK}:{self._port}//"

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not Path(SERVER).exists() or not (epmd := shutil.which("epmd")):
            raise AssertionError("rabbitmq-server is missing: apt-get install rabbitmq-server")
        if self._epmd is None:
            # Else the server would start one that outlives it.
            self._epmd = self._run([epmd, "-address", LOOPBACK, "-port", str(self._epmd_port)])
        self._process = self._run([SERVER])
        self._wait()

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self.signal(signal.SIGKILL)
            self._process.wait(20)

    def close(self) -> None:
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait(20)

    def _run(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with (self._folder / "output").open("ab") as output:
            return subprocess.Popen(
                command,
                env=os.environ | self._settings(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _settings(self) -> dict[str, str]:
        config = self._folder / "rabbitmq.conf"
        config.write_text(f"listeners.tcp.1 = {LOOPBACK}:{self._port}\n")
        return {
            # Its cookie is there.
            "HOME": str(self._folder),
            "RABBITMQ_NODENAME": f"wallet{self._port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1"
            ),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._epmd_port),
        }

    def _wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            # Before RabbitMQ itself answers, its port does.
            with suppress(OSError), socket.create_connection((LOOPBACK, self._port), 1):
                with Connection(self.url, connect_timeout=5) as connection:
                    connection.connect()
                return
            time.sleep(0.1)
        raise RuntimeError(f"rabbitmq-server does not answer, see {self._folder}")
