"""The process that watches a service's mongod, as the service holds it."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from wallet_api.embedded_mongo.errors import EmbeddedMongoError
from wallet_api.embedded_mongo.server import STOP_SECONDS, dying_with_us

WATCHER = "wallet_api.embedded_mongo.watcher"


class WatchedMongo:
    """A mongod over `folder` that is replaced when it dies, and ends with this process.

    A process and not a thread watches it: gunicorn's master forks, and reaps its children itself.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """The URI of the server, once it answers. Raises EmbeddedMongoError."""
        self._process = subprocess.Popen(  # noqa: S603
            [*dying_with_us(), sys.executable, "-m", WATCHER, str(self._folder)],
            # Wherever this process found its modules, and wherever it was started.
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            # Ctrl-C reaches a terminal's whole group: the workers still need the database then.
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None  # noqa: S101
        with self._process.stdout as told, suppress(ValueError):
            answer = json.loads(told.readline())
            if "uri" in answer:
                return str(answer["uri"])
            raise EmbeddedMongoError(answer["error"])
        raise EmbeddedMongoError("The process that watches MongoDB has ended unasked.")

    def has_died(self) -> bool:
        """Whether the watcher ended unasked, and its server with it."""
        return self._is_ours() and self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """End the server, after its last write. Nothing in a fork of the owner."""
        if self._process is None or not self._is_ours():
            return
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS + 5)
        self._process = None

    def _is_ours(self) -> bool:
        return os.getpid() == self._owner
