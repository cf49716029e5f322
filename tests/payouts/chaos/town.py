"""The service, its workers, its database and its gateway, each a process that can be struck."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from tests.faults.servers import ReplicaSet, Standalone, free_port
from tests.faults.service import ROOT, Service
from tests.support.payout_simulator import TOKEN, Http, started

CALLBACK_SECRET = "whsec_c2ltdWxhdG9yLXNlY3JldC1vZi1ub2JvZHktZWxzZQ=="
LEASE_SECONDS = 3.0

SETTINGS = {
    "PAYOUT_GATEWAY": "http",
    "PAYOUT_HTTP_TOKEN": TOKEN,
    "PAYOUT_HTTP_CALLBACK_SECRET": CALLBACK_SECRET,
    "PAYOUT_WORKER": "separate",
    "PAYOUT_WORKER_THREADS": "2",
    "PAYOUT_HTTP_TIMEOUT_SECONDS": "1",
    "PAYOUT_LEASE_SECONDS": str(LEASE_SECONDS),
    "PAYOUT_RETRY_SECONDS": "0.1",
    "PAYOUT_RETRY_MAX_SECONDS": "1",
    "PAYOUT_REVIEW_SECONDS": "20",
    "PAYOUT_NOT_FOUND_FINAL_SECONDS": "0",
    "DATABASE_TIMEOUT_SECONDS": "10",
    "WORKERS": "2",
    "THREADS": "16",
    "RELAY_BATCH": "64",
    "OUTBOX_LIMIT": "256",
    "LOG_LEVEL": "warning",
}


class Town:
    worker_command = ("flask", "--app", "wsgi", "worker")

    def __init__(
        self,
        folder: Path,
        seed: int,
        behaviours: str,
        workers: int = 3,
        settings: Mapping[str, str] | None = None,
        *,
        replicas: bool = False,
    ) -> None:
        self._replicas = replicas
        self.random = random.Random(seed)
        self._folder = folder
        self._asked = ("--seed", str(seed), "--behaviours", behaviours)
        self._wanted = workers
        self._settings = settings or {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.db = ReplicaSet() if self._replicas else Standalone(self._folder / "mongo")
            stack.callback(self.db.close)
            address = f"http://127.0.0.1:{free_port()}"
            log = self._folder / "service.log"
            settings = SETTINGS | {"PAYOUT_HTTP_URL": address, **self._settings}
            self.service = Service(self.db.uri, log, {}, settings=settings)
            stack.enter_context(self._simulator(address))
            self.gateway = Http(address)
            stack.callback(self.service.kill_tree)
            self.service.start()
            self.service.wait()
            self.workers = [self.worker() for _ in range(self._wanted)]
            stack.callback(self._kill_workers)
            self._client: MongoClient[dict[str, Any]] = MongoClient(self.db.uri)
            stack.callback(self._client.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def database(self) -> Database[dict[str, Any]]:
        return self._client.get_default_database()

    def command(self, *words: str) -> tuple[int, str]:
        """What an operator's command answers: its exit code, and what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=self.service.environment | {"FLASK_SKIP_DOTENV": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stdout + done.stderr

    def kill_a_worker(self) -> None:
        """Wherever it is, and start another."""
        number = self.random.randrange(len(self.workers))
        self.workers[number].kill()
        self.workers[number].wait()
        self.workers[number] = self.worker()

    def pause_a_worker(self) -> None:
        """For longer than its lease."""
        paused = self.random.choice(self.workers)
        paused.send_signal(signal.SIGSTOP)
        time.sleep(LEASE_SECONDS + 0.5)
        paused.send_signal(signal.SIGCONT)

    def kill_the_database(self) -> None:
        """Of a replica set the primary, which is back once another has been elected."""
        if isinstance(self.db, Standalone):
            self.db.restart()
            return
        self.db.primary().kill()
        time.sleep(3)
        self.db.heal()

    def step_down(self) -> None:
        """Another becomes the primary of the replica set."""
        assert isinstance(self.db, ReplicaSet)
        with suppress(PyMongoError), self.db.primary().client() as client:
            client.admin.command("replSetStepDown", 5, secondaryCatchUpPeriodSecs=2, force=True)

    def kill_a_server(self) -> None:
        """One of the processes that serve requests and callbacks."""
        with suppress(ProcessLookupError):
            os.kill(self.random.choice(self.service.workers()), signal.SIGKILL)

    def _simulator(self, address: str) -> AbstractContextManager[object]:
        return started(
            *(*self._asked, "--port", address.rpartition(":")[2]),
            *("--delay", "0.3", "--timeout", "1", "--minute", "2", "--day", "3"),
            *("--callbacks", f"http://127.0.0.1:{self.service.port}"),
        )

    def worker(self) -> subprocess.Popen[bytes]:
        with (self._folder / "workers.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *self.worker_command],
                cwd=ROOT,
                env=self.service.environment | {"FLASK_SKIP_DOTENV": "1"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _kill_workers(self) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
