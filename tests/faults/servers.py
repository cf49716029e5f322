"""MongoDB servers that can be killed, paused, cut off and started again."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from wallet_api.embedded_mongo.binary import find_mongod

DATABASE = "faults"
PORTS = range(21_000, 27_000)
PROMISED = 100
"""A port is promised until so many others have been: by then, its server listens."""
OPTIONS = (
    *("--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    *("--wiredTigerEngineConfigString", "log=(file_max=10MB,prealloc=false)"),
)
FIRST_USER_ID = 21_001
"""Each member of a set runs as its own user where it can, so that a firewall tells them apart."""


_promises: deque[socket.socket] = deque()


def free_port() -> int:
    """One that nobody listens on, and that no run of these tests has just been given."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            _promise(port)
            return port
    raise RuntimeError("no free port")


def _promise(port: int) -> None:
    """By a name that only one process of this machine can hold, and that ends with the process."""
    promise = socket.socket(socket.AF_UNIX)
    try:
        promise.bind(f"\0wallet_api's tests have port {port}")
    except OSError:
        promise.close()
        raise
    _promises.append(promise)
    while len(_promises) > PROMISED:
        _promises.popleft().close()


class Mongod:
    def __init__(self, folder: Path, port: int, *extra: str, user_id: int | None = None) -> None:
        self.port, self.user_id = port, user_id
        self._folder, self._extra = folder, extra
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self.user_id is not None:
            for path in (self._folder, *self._folder.rglob("*")):
                os.chown(path, self.user_id, self.user_id)
        arguments: list[str | Path] = [
            find_mongod(),
            "--dbpath",
            self._folder,
            "--port",
            str(self.port),
            *OPTIONS,
        ]
        log: list[str | Path] = ["--logpath", self._folder / "log", "--logappend"]
        self._process = subprocess.Popen(
            [*arguments, *log, *self._extra],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=self.user_id,
        )

    def wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(PyMongoError), self.client() as client:
                client.admin.command("ping")
                return
            time.sleep(0.1)
        raise RuntimeError(f"mongod on {self.port} does not answer: {self._folder / 'log'}")

    def client(self) -> MongoClient:
        return MongoClient(
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=500
        )

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self.alive:
            self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGKILL)
            self._process.wait()


class Standalone:
    """One server, as `make run` has it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="wallet-faults-"))
        self.members = [Mongod(self.folder / "db", free_port())]
        try:
            self.server.start()
            self.server.wait()
        except BaseException:
            self.close()
            raise
        self.uri = f"mongodb://127.0.0.1:{self.server.port}/{DATABASE}"

    @property
    def server(self) -> Mongod:
        return self.members[0]

    def restart(self) -> None:
        self.server.kill()
        self.server.start()
        self.server.wait()

    def close(self) -> None:
        for member in self.members:
            member.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class ReplicaSet:
    """Three servers with fast elections."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wallet-faults-"))
        self.folder.chmod(0o755)
        as_root = os.geteuid() == 0
        self.members: list[Mongod] = []
        try:
            self._found(as_root)
        except BaseException:
            self.close()
            raise

    def _found(self, as_root: bool) -> None:
        for number in range(3):
            user_id = FIRST_USER_ID + number if as_root else None
            member = Mongod(
                self.folder / str(number), free_port(), "--replSet", "rs0", user_id=user_id
            )
            self.members.append(member)
            member.start()
            member.wait()
        hosts = [f"127.0.0.1:{member.port}" for member in self.members]
        config = {
            "_id": "rs0",
            "members": [{"_id": n, "host": host} for n, host in enumerate(hosts)],
            "settings": {"electionTimeoutMillis": 2000},
        }
        with self.members[0].client() as client:
            client.admin.command("replSetInitiate", config)
        self.uri = f"mongodb://{','.join(hosts)}/{DATABASE}?replicaSet=rs0"
        self.primary()

    def primary(self, seconds: float = 60) -> Mongod:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for member in self.members:
                with suppress(PyMongoError), member.client() as client:
                    if client.admin.command("hello")["isWritablePrimary"]:
                        return member
            time.sleep(0.2)
        raise RuntimeError("the set has no primary")

    def set_election_timeout(self, milliseconds: int) -> None:
        with self.primary().client() as client:
            config = client.admin.command("replSetGetConfig")["config"]
            config["version"] += 1
            config["settings"]["electionTimeoutMillis"] = milliseconds
            client.admin.command("replSetReconfig", config)

    def secondaries(self) -> list[Mongod]:
        primary = self.primary()
        return [member for member in self.members if member is not primary]

    def heal(self) -> None:
        for member in self.members:
            if member.alive:
                member.signal(signal.SIGCONT)
            else:
                member.start()
        for member in self.members:
            member.wait()
        self.primary()

    def close(self) -> None:
        for member in self.members:
            member.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
