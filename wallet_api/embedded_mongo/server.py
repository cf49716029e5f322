"""One mongod over one folder, a child of this process that ends with it."""

import os
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import bson
import bson.errors

from wallet_api.embedded_mongo.binary import find_mongod
from wallet_api.embedded_mongo.errors import EmbeddedMongoError
from wallet_api.embedded_mongo.folder import Running, lock_folder, write_down
from wallet_api.embedded_mongo.server_log import ServerLog

DATABASE = "wallet_api"
LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 32_768)
"""Below the range that the kernel gives to outgoing connections: none of them takes ours first."""

START_SECONDS = 120.0
"""Long, for the recovery of a large journal."""
STOP_SECONDS = 30.0

ADDRESS_IN_USE = 48
OP_MSG = 2013
OPTIONS = (
    *("--bind_ip", LOOPBACK, "--nounixsocket", "--noscripting", "--quiet"),
    # This version answers crafted compressed messages with bytes of its memory (CVE-2025-14847).
    # On one machine, compressing costs more than it saves, too.
    *("--networkMessageCompressors", "disabled"),
    # 11 MB on disk and a quarter of a gigabyte of memory instead of 301 MB and half the machine.
    *("--wiredTigerCacheSizeGB", "0.25"),
    *("--wiredTigerEngineConfigString", "log=(file_max=10MB,prealloc=false)"),
    *("--setParameter", "diagnosticDataCollectionEnabled=false"),
)

# The server asks the kernel to be ended with its parent, since a parent that is killed can't.
# In a program of its own: preexec_fn is not safe beside threads. The parent may have gone
# before the kernel was asked, hence the second look.
DIE_WITH_PARENT = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit("The parent has gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedMongo:
    """A mongod over `folder`, a child of this process that ends with it, even with a kill -9.

    It dies with the *thread* that started it: start it from the main one.
    """

    def __init__(self, folder: Path, extra_args: Sequence[str] = ()) -> None:
        self._folder = folder.resolve()
        self._extra_args = extra_args
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._log: ServerLog | None = None

    @property
    def uri(self) -> str:
        return f"mongodb://{LOOPBACK}:{self._port}/{DATABASE}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise EmbeddedMongoError("The server has not been started.")
        return self._process.pid

    @property
    def log(self) -> Path:
        return self._folder / "mongod.log"

    def start(self) -> None:
        """Return once the server answers. Raises EmbeddedMongoError, FolderInUse."""
        # Between our look at a port and the server's, somebody may take it.
        self._start_on(random.sample(PORTS, 20))

    def restart(self) -> None:
        """After it has died: with the same URI. Raises EmbeddedMongoError, FolderInUse."""
        self._start_on([self._port])

    def wait(self) -> str:
        """How it ended, once it has."""
        if self._process is None:
            raise EmbeddedMongoError("The server has not been started.")
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"code {code}, see {self.log}"
        return f"(process {self._process.pid}) ended with {how}"

    def _start_on(self, ports: Sequence[int]) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            (self._folder / "db").mkdir(exist_ok=True)
            lock = lock_folder(self._folder)
        except OSError as error:
            raise EmbeddedMongoError(f"{self._folder} cannot be used: {error}") from error
        try:
            binary = find_mongod()
            for port in ports:
                if _is_free(port) and self._started(binary, port, lock):
                    return
            raise EmbeddedMongoError(f"No free port; the server's log: {self.log}")
        except BaseException:
            self.stop()
            raise
        finally:
            # From here on the server alone holds the folder, as long as it lives.
            os.close(lock)

    def stop(self) -> None:
        """End the server, after its last write. Nothing in a fork of the owner."""
        if self._process is None or os.getpid() != self._owner:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _started(self, binary: Path, port: int, lock: int) -> bool:
        """False where the port was taken. Raises EmbeddedMongoError."""
        arguments = ["--dbpath", str(self._folder / "db"), "--port", str(port)]
        arguments += [*OPTIONS, *self._extra_args]
        if self._log is None:
            self._log = ServerLog(self.log)
        self._port = port
        self._process = subprocess.Popen(  # noqa: S603
            [*dying_with_us(), str(binary), *arguments],
            pass_fds=[lock],
            # Ctrl-C reaches a terminal's whole group: the workers still need the database then.
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None  # noqa: S101
        self._log.copy(self._process.stdout)
        write_down(self._folder, Running(self._process.pid, self._owner, self.uri))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if (code := self._process.poll()) is not None:
                if code == ADDRESS_IN_USE:
                    return False
                raise EmbeddedMongoError(f"mongod ended with code {code}; its log: {self.log}")
            # Another server may be the one that answers, before ours finds its port taken.
            if _folder_behind(port) == str(self._folder / "db"):
                return True
            time.sleep(0.02)
        raise EmbeddedMongoError(f"mongod does not answer; its log: {self.log}")


def dying_with_us() -> list[str]:
    """What goes before a command, so that it ends with this process however this one ends."""
    if sys.platform != "linux":
        return []
    return [sys.executable, "-I", "-S", "-c", DIE_WITH_PARENT, str(os.getpid())]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As mongod itself binds: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((LOOPBACK, port))
            return True
    return False


def _folder_behind(port: int) -> str | None:
    """The data folder of the server that answers on the port.

    Asked by hand: a MongoClient has threads, and a fork follows.
    """
    body = bytes(5) + bson.encode({"getCmdLineOpts": 1, "$db": "admin"})
    message = struct.pack("<iiii", 16 + len(body), 1, 0, OP_MSG) + body
    with (
        suppress(OSError, struct.error, bson.errors.BSONError, KeyError, TypeError),
        socket.create_connection((LOOPBACK, port), timeout=1) as peer,
        peer.makefile("rb") as reply,
    ):
        peer.sendall(message)
        (length,) = struct.unpack("<i", reply.read(4))
        answer = bson.decode(reply.read(length - 4)[17:])
        return str(answer["parsed"]["storage"]["dbPath"])
    return None
