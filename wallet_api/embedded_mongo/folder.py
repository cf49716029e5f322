"""Who is over the data: one server at most, and its address for the processes beside it."""

import fcntl
import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from wallet_api.embedded_mongo.errors import EmbeddedMongoError

WAIT_SECONDS = 20.0
ORPHAN_SECONDS = 5.0
"""How long a server without its parent may take to end by itself."""


class FolderInUse(EmbeddedMongoError):
    """Another process runs its server over the same folder, at `uri`."""

    def __init__(self, folder: Path, running: "Running") -> None:
        super().__init__(
            f"{folder} is in use by another wallet_api (process {_service_of(running.owner)}). "
            "Stop that one, or give this one another DATA_DIR."
        )
        self.uri = running.uri


class Running(NamedTuple):
    """What a server's owner writes down beside the data."""

    pid: int
    owner: int
    uri: str


def lock_folder(folder: Path) -> int:
    """Hold the folder, so that one server at most is over it; returns the lock's descriptor.

    A server whose parent was killed holds it a little longer: that one is waited for, and ended
    if need be, but only if it is beyond doubt ours. Raises EmbeddedMongoError, FolderInUse.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    since = time.monotonic()
    told = False
    try:
        while time.monotonic() < since + WAIT_SECONDS:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            if (running := _running(folder)) is not None:
                if _parent(running.pid) == running.owner:
                    raise FolderInUse(folder, running)
                if not told and time.monotonic() > since + ORPHAN_SECONDS:
                    told = True
                    with suppress(ProcessLookupError):
                        os.kill(running.pid, signal.SIGTERM)
            time.sleep(0.05)
        raise EmbeddedMongoError(f"{folder} is held by another process; see {folder / 'server'}")
    except BaseException:
        os.close(descriptor)
        raise


def write_down(folder: Path, running: Running) -> None:
    draft = folder / "server.new"
    draft.write_text(json.dumps(running))
    draft.replace(folder / "server")


def _running(folder: Path) -> Running | None:
    """The server written down, if that process is indeed a mongod over this folder."""
    with suppress(OSError, ValueError, TypeError):
        running = Running(*json.loads((folder / "server").read_text()))
        command = Path(f"/proc/{running.pid}/cmdline").read_bytes().split(b"\0")
        if os.fsencode(folder / "db") in command:
            return running
    return None


def _service_of(owner: int) -> int:
    """The service itself, where a process of its own watches its server."""
    with suppress(OSError):
        if b"wallet_api.embedded_mongo.watcher" in Path(f"/proc/{owner}/cmdline").read_bytes():
            return _parent(owner) or owner
    return owner


def _parent(pid: int) -> int | None:
    with suppress(OSError):
        # "pid (name) state ppid ...", and the name may hold anything.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None
