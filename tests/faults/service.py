"""The service as `make run` starts it: gunicorn, its workers, its relays."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.faults.servers import free_port
from tests.support.ledger_secret import LEDGER_SECRET

ROOT = Path(__file__).parents[2]
GUNICORN = [sys.executable, "-m", "gunicorn"]
WITH_HOOKS = "tests.faults.hooks:app"


def copied_to(folder: Path) -> Path:
    """The folder, with a copy of the service that a test may change."""
    shutil.copytree(
        ROOT / "wallet_api", folder / "wallet_api", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("wsgi.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, folder)
    return folder


class Service:
    """Over a database; None: the one that it finds by its own settings, or the embedded one.

    `hooks` are settings of tests.faults.hooks, none is the product itself.
    """

    def __init__(
        self,
        uri: str | None,
        log: Path,
        hooks: Mapping[str, str],
        root: Path = ROOT,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self._log = log
        self._hooks = hooks
        self._root = root
        # Another test of the same run may have left its own there.
        outside = {name: value for name, value in os.environ.items() if name != "MONGO_URI"}
        self.environment = outside | {
            **({} if uri is None else {"MONGO_URI": uri}),
            "PORT": str(self.port),
            "JWT_SECRET_KEY": "a secret of the fault run, and of nobody else",
            "LEDGER_SECRET": LEDGER_SECRET,
            "DATABASE_TIMEOUT_SECONDS": "4",
            "ARGON2_MEMORY_KIB": "8",
            "ARGON2_TIME_COST": "1",
            "RELAY_BATCH": "4",
            "OUTBOX_LIMIT": "16",
            "SWEEP_SECONDS": "0.3",
            "LOG_LEVEL": "warning",
            "LOGIN_TRIES_PER_ADDRESS": "100000",
            "REGISTRATIONS_PER_ADDRESS": "100000",
            **(settings or {}),
            **hooks,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        target = [WITH_HOOKS] if self._hooks else []
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*GUNICORN, *target],
                cwd=self._root,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        address = f"http://127.0.0.1:{self.port}/readyz"
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the service does not get ready, see {self._log}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill_tree(self) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def terminate(self) -> None:
        """Ask it to stop, and wait until it has finished what it was doing."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)

    def hang_up(self) -> None:
        os.kill(self.pid, signal.SIGHUP)
