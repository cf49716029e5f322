"""The limit: bare PyMongo with the service's operations, in as many processes and threads."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import IndexModel, MongoClient
from pymongo.database import Database

from benchmarks.cases import HISTORY, REPLAYED_KEY
from benchmarks.limit_operations import Operations
from benchmarks.wrk import Load
from wallet_api.config import settings
from wallet_api.server import cpu_affinity

DATABASE = "limit"
COLLECTIONS = ("wallets", "ledger_entries", "withdrawals")


class Work(NamedTuple):
    case: str
    users: Sequence[ObjectId]
    keys: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Wallets:
    many: Sequence[ObjectId]
    hot: Sequence[ObjectId]

    def of(self, case: str, turn: int) -> Sequence[ObjectId]:
        return [self.hot[turn % len(self.hot)]] if case == "hot" else self.many


class Limit:
    def __init__(self, pids: Sequence[int], pipes: Sequence[Connection], wallets: Wallets) -> None:
        self.pids = pids
        self.wallets = wallets
        self._pipes = pipes

    def drive(self, case: str, turn: int, keys: str, seconds: float) -> Load:
        """Returns once everything is copied; that is not in the time, but is in the CPU."""
        users = self.wallets.of(case, turn)
        name = "withdraw" if case == "hot" else case
        started = time.monotonic()
        for pipe in self._pipes:
            pipe.send(Work(name, users, keys, seconds))
        latencies, ended = [], started
        for pipe in self._pipes:
            taken, at = pipe.recv()
            latencies += taken
            ended = max(ended, at)
        return Load(len(latencies), 0, 0, ended - started, _percentiles(latencies))


@contextmanager
def limit(uri: str, like: Database[dict[str, Any]], wallets: int, hot: int) -> Iterator[Limit]:
    """Processes ready to work on wallets of their own, with the indexes of the service's."""
    client: MongoClient[dict[str, Any]] = MongoClient(uri)
    with client:
        database = client[DATABASE]
        for name in COLLECTIONS:
            database[name].create_indexes(
                [_model(index) for index in like[name].list_indexes() if index["name"] != "_id_"]
            )
        users = [ObjectId() for _ in range(wallets + hot)]
        operations = Operations(database, settings().outbox_limit)
        for user in users:
            operations.open_wallet(user)
        for user in users[:wallets]:
            operations.withdraw(user, REPLAYED_KEY)
            for number in range(HISTORY):
                operations.withdraw(user, f"before-{number}")
            operations.copy_outbox(user)
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
            arguments = (other_end, uri, processors[number] if pinned else None)
            workers.append(context.Process(target=_worker, args=arguments, daemon=True))
            workers[-1].start()
        pids = [worker.pid for worker in workers if worker.pid is not None]
        yield Limit(pids, pipes, Wallets(users[:wallets], users[wallets:]))
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _model(index: Any) -> IndexModel:
    options = {name: index[name] for name in index if name not in ("key", "v")}
    return IndexModel(list(index["key"].items()), **options)


def _worker(pipe: Connection, uri: str, processor: int | None) -> None:
    cpu_affinity.keep_to(processor)
    client: MongoClient[dict[str, Any]] = MongoClient(
        uri, w="majority", journal=True, tz_aware=True
    )
    operations = Operations(client[DATABASE], settings().outbox_limit)
    while True:
        pipe.send(_work(operations, pipe.recv()))


def _work(operations: Operations, work: Work) -> tuple[list[float], float]:
    """Latencies in ms, and when the last request was answered."""
    relay = Relay(operations)
    operation: Callable[[ObjectId, str], int] = getattr(operations, work.case)
    latencies: list[list[float]] = [[] for _ in range(settings().threads)]
    stop = time.monotonic() + work.seconds

    def requests(thread: int) -> None:
        taken, turn = latencies[thread], thread * 7
        prefix = f"{work.keys}{ObjectId()}-"
        while (begun := time.monotonic()) < stop:
            turn += 1
            user = work.users[turn % len(work.users)]
            waiting = operation(user, f"{prefix}{turn}")
            if waiting and waiting % settings().relay_batch == 0:
                relay.notify(user)
            taken.append((time.monotonic() - begun) * 1000)

    threads = [threading.Thread(target=requests, args=(n,)) for n in range(len(latencies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    relay.stop()
    if work.case in ("withdraw", "deposit"):
        for user in work.users:
            operations.copy_outbox(user)
    return [taken for each in latencies for taken in each], ended


class Relay:
    """As the service has one: a thread a process, which copies what is due."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._due: dict[ObjectId, None] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def notify(self, user: ObjectId) -> None:
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
