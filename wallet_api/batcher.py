"""What several threads ask for at the same time is done at once, by one of them."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from threading import Lock
from typing import Generic, TypeVar

from pymongo.errors import PyMongoError

MAX_BATCH = 16
"""Items of one batch: those of one wallet must all find space in its outbox."""

FREE_STARTS = 2
"""While fewer items are in flight nobody waits for others: a slow one keeps no other waiting."""

FADING = 0.98
"""What is left of the largest number of threads that were seen, each time that they are counted."""

MAX_WAIT_SECONDS = 0.1
"""Then a waiter whose turn has not come goes on alone: a database that hangs must not line the
waiters up."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Waiter(Generic[Item, Result]):
    """A thread with an item: it runs its batch, or waits until another thread has run it."""

    outcome: Result | BaseException
    batch: "Sequence[_Waiter[Item, Result]]" = ()
    """The waiters whose items this thread is to run, itself among them."""
    called: Lock
    """Of a waiter that does not run its batch at once: released when it shall run one, or when its
    outcome is there. (An Event takes 19 microseconds for each who waits, a lock 12.)"""

    def __init__(self, key: Hashable, item: Item) -> None:
        self.key, self.item = key, item


class Batcher(Generic[Item, Result]):
    """While some items are in flight, others queue; then one thread runs all that have queued. So
    while one half of the threads wait for the database, the other half gathers.

    Group commit, as databases have it for their logs (DeWitt et al., 1984,
    doi:10.1145/602259.602261). An item waits while another item of its key is in flight: MongoDB
    lets one update of a document through and has the others try again, later and later.

    `run` takes the items and returns an outcome for each: a result, or the exception that the
    item's own caller shall get. Or it raises for all. That only one thread works at a key is a
    matter of speed, and nothing may rely on it.
    """

    def __init__(self, run: Callable[[Sequence[Item]], Sequence[Result | Exception]]) -> None:
        self._run = run
        self._lock = Lock()
        self._queue: list[_Waiter[Item, Result]] = []
        self._in_flight = 0
        self._around = 0.0
        """How many threads come at the same time, of late: half of them are enough for a batch.
        (With four as enough, at 64 connections a deposit took a fifth more of the CPU.)"""
        self._busy: set[Hashable] = set()
        """The keys of the items that are in flight."""

    def do(self, key: Hashable, item: Item) -> Result:
        """Return the item's result. Raises what `run` raises, or has as the item's outcome."""
        waiter = _Waiter[Item, Result](key, item)
        with self._lock:
            self._queue.append(waiter)
            self._start_batches(waiter)
            if not waiter.batch:
                waiter.called = Lock()
                waiter.called.acquire()
        if not waiter.batch and not waiter.called.acquire(timeout=MAX_WAIT_SECONDS):
            if self._leave_queue(waiter):
                return _result(self._run([item])[0])
            waiter.called.acquire()
        if waiter.batch:
            self._run_batch(waiter)
        return _result(waiter.outcome)

    @property
    def queued(self) -> int:
        """How many threads wait for their batches."""
        return len(self._queue)

    @property
    def idle(self) -> bool:
        """Whether nothing is queued and nothing in flight."""
        return not (self._queue or self._in_flight or self._busy)

    def _leave_queue(self, waiter: _Waiter[Item, Result]) -> bool:
        """Remove the waiter from the queue; False if a batch has already taken it."""
        with self._lock:
            if waiter not in self._queue:
                return False
            self._queue.remove(waiter)
            return True

    def _start_batches(self, awake: _Waiter[Item, Result] | None = None) -> None:
        """Give every batch that can start to one of its waiters: to `awake`, which need not be
        woken, where it is one of them."""
        while batch := self._next_batch():
            self._queue = [waiter for waiter in self._queue if waiter not in batch]
            self._in_flight += len(batch)
            self._busy.update(waiter.key for waiter in batch)
            leader = awake if awake in batch else batch[0]
            leader.batch = batch
            if leader is not awake:
                leader.called.release()

    def _next_batch(self) -> list[_Waiter[Item, Result]]:
        """The queued waiters whose keys nobody works at; empty while they should wait for more."""
        free = [waiter for waiter in self._queue if waiter.key not in self._busy]
        self._around = max(self._in_flight + len(free), self._around * FADING)
        half = min(self._around / 2, MAX_BATCH)
        starts = self._in_flight < FREE_STARTS or len(free) >= half
        return free[:MAX_BATCH] if starts else []

    def _run_batch(self, leader: _Waiter[Item, Result]) -> None:
        batch = leader.batch
        try:
            outcomes = self._run([waiter.item for waiter in batch])
            for waiter, outcome in zip(batch, outcomes, strict=True):
                waiter.outcome = outcome
        except BaseException as error:
            for waiter in batch:
                waiter.outcome = error
        finally:
            try:
                self._end_batch(batch)
            finally:
                for waiter in batch:
                    if waiter is not leader:
                        waiter.called.release()

    def _end_batch(self, batch: Sequence[_Waiter[Item, Result]]) -> None:
        with self._lock:
            self._in_flight -= len(batch)
            self._busy.difference_update(waiter.key for waiter in batch)
            self._start_batches()


def _result(outcome: Result | BaseException) -> Result:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def run_each(items: Iterable[Item], run: Callable[[Item], Result]) -> Iterator[Result | Exception]:
    """Run the items one after the other; the error of one is its own outcome, and no other's.

    Once the database has not answered an item in time, the items that are left are not run and have
    that time-out as their outcome: each of them would wait for the same silence again.
    """
    timed_out: PyMongoError | None = None
    for item in items:
        outcome: Result | Exception
        try:
            outcome = timed_out or run(item)
        except Exception as error:
            outcome = error
            if isinstance(error, PyMongoError) and error.timeout:
                timed_out = error
        yield outcome
