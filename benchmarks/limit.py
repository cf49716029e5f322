"""The limit: bare PyMongo with the service's operations, in as many processes, and in as many
threads as there are connections.

One wallet is another matter: there MongoDB lets through one update after the other, and gathering
is what counts. Its limit is the service's own movements, without all that is around them.
"""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Protocol

from bson import ObjectId
from pymongo import MongoClient

from benchmarks.arena import Arena
from benchmarks.cases import HISTORY, REPLAYED_KEY
from benchmarks.limit_operations import CURRENCY, Operations
from benchmarks.wrk import Load
from wallet_api import database_watch
from wallet_api.app import create_app
from wallet_api.config import settings
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import Order, post
from wallet_api.movements.relay import worker as relay_worker
from wallet_api.server import cpu_affinity

DATABASE = "limit"
HOT = "hot"


class Work(NamedTuple):
    case: str
    users: Sequence[ObjectId]
    keys: str
    seconds: float
    threads: int


@dataclass(frozen=True, slots=True)
class Wallets:
    many: Sequence[ObjectId]
    hot: Sequence[ObjectId]

    def of(self, case: str, turn: int) -> Sequence[ObjectId]:
        return [self.hot[turn % len(self.hot)]] if case == HOT else self.many


class Limit:
    def __init__(self, pids: Sequence[int], pipes: Sequence[Connection], wallets: Wallets) -> None:
        self.pids = pids
        self.wallets = wallets
        self._pipes = pipes

    def drive(self, case: str, turn: int, keys: str, seconds: float, connections: int) -> Load:
        """Returns once everything is copied; that is not in the time, but is in the CPU."""
        users = self.wallets.of(case, turn)
        threads = max(1, connections // len(self._pipes))
        started = time.monotonic()
        for pipe in self._pipes:
            pipe.send(Work(case, users, keys, seconds, threads))
        latencies, ended = [], started
        for pipe in self._pipes:
            taken, at = pipe.recv()
            latencies += taken
            ended = max(ended, at)
        return Load(len(latencies), 0, 0, ended - started, _percentiles(latencies))


@contextmanager
def limit(place: Arena, wallets: int, hot: int) -> Iterator[Limit]:
    """Processes ready to work on wallets of their own."""
    # Not forked: this process has threads by now.
    context = multiprocessing.get_context("spawn")
    pipes, workers = [], []
    try:
        processors = cpu_affinity.available()
        count = settings().workers or max(2, len(processors))
        # As the service has it.
        pinned = settings().pin_workers and count == len(processors)
        for number in range(count):
            pipe, other_end = context.Pipe()
            pipes.append(pipe)
            environment = place.settings_of(DATABASE)
            arguments = (other_end, environment, processors[number] if pinned else None)
            workers.append(context.Process(target=_worker, args=arguments, daemon=True))
            workers[-1].start()
        for pipe in pipes:
            pipe.recv()
        pids = [worker.pid for worker in workers if worker.pid is not None]
        yield Limit(pids, pipes, _opened(place, wallets, hot))
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _opened(place: Arena, wallets: int, hot: int) -> Wallets:
    operations = Operations(place.client[DATABASE], settings().outbox_limit)
    users = [ObjectId() for _ in range(wallets + hot)]
    for user in users:
        operations.open_wallet(user)
    for user in users[:wallets]:
        operations.withdraw(user, REPLAYED_KEY)
        for number in range(HISTORY):
            operations.withdraw(user, f"before-{number}")
        operations.copy_outbox(user)
    return Wallets(users[:wallets], users[wallets:])


def _worker(pipe: Connection, environment: dict[str, str], processor: int | None) -> None:
    """Makes the database ready first, with the service's indexes, and says so."""
    cpu_affinity.keep_to(processor)
    os.environ.update(environment)
    create_app()
    database_watch.wait_until_ready()
    pipe.send(None)
    client: MongoClient[dict[str, Any]] = MongoClient(
        environment["MONGO_URI"], w="majority", journal=True, tz_aware=True
    )
    operations = Operations(client[DATABASE], settings().outbox_limit)
    while True:
        pipe.send(_work(operations, pipe.recv()))


def _work(operations: Operations, work: Work) -> tuple[list[float], float]:
    """Latencies in ms, and when the last request was answered."""
    relay: Copying = relay_worker if work.case == HOT else Relay(operations)
    operation = _gathered if work.case == HOT else getattr(operations, work.case)
    latencies: list[list[float]] = [[] for _ in range(work.threads)]
    relay.start()
    stop = time.monotonic() + work.seconds

    def requests(thread: int) -> None:
        taken, turn = latencies[thread], thread * 7
        prefix = f"{work.keys}{ObjectId()}-"
        while (begun := time.monotonic()) < stop:
            turn += 1
            user = work.users[turn % len(work.users)]
            waiting = operation(user, f"{prefix}{turn}")
            if waiting and waiting % settings().relay_batch == 0:
                relay.enqueue(user)
            taken.append((time.monotonic() - begun) * 1000)

    threads = [threading.Thread(target=requests, args=(n,)) for n in range(len(latencies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    relay.stop()
    if work.case in ("withdraw", "deposit", HOT):
        for user in work.users:
            operations.copy_outbox(user)
    return [taken for each in latencies for taken in each], ended


def _gathered(user: ObjectId, key: str) -> int:
    """A withdrawal as the service makes it. Returns 0: its relay hears of it without."""
    post(Order(user, MovementKind.WITHDRAWAL, -100, CURRENCY, key, "bank-account-0001"))
    return 0


class Copying(Protocol):
    def start(self) -> None: ...
    def enqueue(self, user: ObjectId) -> None: ...
    def stop(self) -> None: ...


class Relay:
    """As the service has one: a thread a process, which copies what is due."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._due: dict[ObjectId, None] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def enqueue(self, user: ObjectId) -> None:
        self._due[user] = None
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait()
            self._wake.clear()
            while self._due:
                self._operations.copy_outbox(self._due.popitem()[0])


def _percentiles(latencies: list[float]) -> dict[str, float]:
    ordered = sorted(latencies) or [0.0]
    percents = [*range(1, 100), 99.9]
    return {str(p): ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))] for p in percents}
