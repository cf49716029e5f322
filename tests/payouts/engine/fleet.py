"""A town whose workers are Celery's, and whose broker can be struck."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread

from tests.mutants import SELECTED
from tests.payouts.chaos.crowd import Crowd
from tests.payouts.chaos.town import LEASE_SECONDS, Town
from tests.payouts.chaos.verdict import counts, violations, wait_until_quiet
from tests.support.payout_simulator import eventually
from tests.support.rabbitmq import RabbitServer
from tests.support.redis import RedisServer
from wallet_api.payouts.broker import PAY, celery_app

Broker = RabbitServer | RedisServer

ENGINE = "wallet_api.payouts.celery_engine"


class Fleet(Town):
    def __init__(
        self,
        folder: Path,
        broker: Broker,
        behaviours: str = "settles",
        *,
        workers: int = 1,
        engine: str = ENGINE,
        mutant: str = "",
    ) -> None:
        settings = {"PAYOUT_BROKER_URL": broker.url, "LOG_LEVEL": "info", SELECTED: mutant}
        super().__init__(folder, 1, behaviours, workers, settings)
        self.broker = broker
        self.worker_command = ("celery", "-A", engine, "worker")
        self._folder = folder

    def worker(self) -> "subprocess.Popen[bytes]":
        """One that can pay out."""
        before = self.told_by_workers.count("through Celery")
        process = super().worker()
        deadline = time.monotonic() + 60
        while self.told_by_workers.count("through Celery") == before:
            assert time.monotonic() < deadline, self.told_by_workers
            time.sleep(0.1)
        return process

    def lose_a_machine(self, number: int = 0) -> None:
        """A worker with all its processes, wherever they are."""
        with suppress(ProcessLookupError):
            os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()

    def tell(self, withdrawals: Iterable[str], times: int = 1, seed: int = 1) -> None:
        """Messages about them, each so often, in any order."""
        messages = list(withdrawals) * times
        random.Random(seed).shuffle(messages)
        app = celery_app(self.broker.url, timedelta(seconds=LEASE_SECONDS))
        try:
            for each in messages:
                app.send_task(PAY, [each])
        finally:
            app.close()

    @property
    def told_by_workers(self) -> str:
        path = self._folder / "workers.log"
        return path.read_text() if path.exists() else ""

    @property
    def told_by_the_service(self) -> str:
        return (self._folder / "service.log").read_text()


class Withdrawing:
    """People who withdraw meanwhile; the books are read once all is quiet."""

    def __init__(self, fleet: Fleet, count: int) -> None:
        self._fleet, self._count = fleet, count
        self._crowd = Crowd(fleet.service.port, 1)
        self._thread = Thread(target=self._crowd.withdraw, args=(count, 4))
        self._thread.start()

    @property
    def ids(self) -> list[str]:
        return [each for asked in list(self._crowd.asked) for each in list(asked.ids)]

    def until_answered(self, share: float) -> None:
        eventually(lambda: len(self.ids) >= share * self._count, 60)

    def violations(self, seconds: float = 60) -> list[str]:
        """Nothing is left to do, and both books agree: none."""
        self._thread.join(60)
        quiet = wait_until_quiet(self._fleet, seconds)
        unfinished = [] if quiet else [f"not quiet: {counts(self._fleet)}"]
        return unfinished + violations(self._fleet, self._crowd)
