"""The thread that copies the wallets' outboxes, off the requests' path."""

import logging
import random
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from math import inf
from threading import Event, Lock, Thread
from typing import Any, NamedTuple

from bson import ObjectId

from wallet_api import clock, database_watch
from wallet_api.config import settings
from wallet_api.documents.wallet import Wallet
from wallet_api.movements.relay.set_aside import SetAside
from wallet_api.movements.relay.together import copy_outboxes

log = logging.getLogger(__name__)

WALLETS_PER_SWEEP = 500
WALLETS_AT_ONCE = 32
"""Copied together. One by one, a wallet with two movements took eight times the CPU."""
PAUSE_AFTER_FAILURE_SECONDS = 1.0
CLOCK_TOLERANCE = timedelta(minutes=1)
AT_ONCE_SECONDS = 0.2
LEASE = timedelta(seconds=1)
"""How long other processes leave a wallet to the one that has begun to copy it."""


class _Due:
    """Users whose outboxes are to be copied soon, each once. Safe among threads."""

    def __init__(self) -> None:
        self._users: dict[ObjectId, None] = {}
        self._lock = Lock()

    def put(self, user: ObjectId) -> None:
        with self._lock:
            self._users[user] = None

    def __len__(self) -> int:
        return len(self._users)

    def take(self) -> list[ObjectId]:
        """All of them, which are due no more."""
        with self._lock:
            users = list(self._users)
            self._users.clear()
        return users


class _AtOnce:
    """A relay that is idle copies at once. A busy one copies a wallet's movements together:
    AT_ONCE_SECONDS after the time before."""

    def __init__(self) -> None:
        self._next = 0.0

    def is_time(self) -> bool:
        now = time.monotonic()
        if now < self._next or not due_at_once:
            return False
        self._next = now + AT_ONCE_SECONDS
        return True

    def seconds_left(self) -> float:
        """Until it is time; far off where nothing is due."""
        return max(0.0, self._next - time.monotonic()) if due_at_once else inf


due = _Due()
due_at_once = _Due()
_at_once = _AtOnce()
set_aside = SetAside()
_wake = Event()
_stop = Event()
_thread: Thread | None = None


def enqueue(user: ObjectId) -> None:
    """Have the user's outbox copied soon. Costs the request no round trip."""
    if _thread is None:
        return
    due.put(user)
    _wake.set()


def enqueue_at_once(user: ObjectId) -> None:
    """The same, however little waits in it."""
    if _thread is None:
        return
    is_first = not due_at_once
    due_at_once.put(user)
    if is_first:
        _wake.set()


def start() -> None:
    """Start this process's relay. One a process is enough; more never harm."""
    global _thread
    _stop.clear()
    _thread = Thread(target=_run, name="relay", daemon=True)
    _thread.start()


def stop() -> None:
    """Stop it after the wallet that it is copying. What waits stays in the outboxes, for the next
    relay."""
    global _thread
    _stop.set()
    _wake.set()
    if _thread is not None:
        _thread.join(timeout=5)
    _thread = None


class Swept(NamedTuple):
    movements: int
    failed: int
    """Wallets that cannot be copied, without those that were set aside before; the log says why."""


def sweep(before: datetime, only_if: dict[str, Any] | None = None) -> Swept:
    """Copy the wallets that carry a movement from `before` or earlier, the longest waiting first.

    At most WALLETS_PER_SWEEP of them, and beside those any number that cannot be copied, which are
    then set aside for a while: however many they are, the sweep comes to the others. One round
    trip, one more for every WALLETS_PER_SWEEP wallets that are set aside, and those of a copy for
    every WALLETS_AT_ONCE of the rest. A movement from the future, by a clock that has been set back
    since, counts as waiting too.

    `only_if`: a further condition on the wallets.

    Raises PyMongoError: the database is in trouble, and no wallet's copy is to blame.
    """
    future = clock.now() + CLOCK_TOLERANCE
    waiting = {
        "$or": [{"outbox.0.at": {"$lte": before}}, {"outbox.0.at": {"$gt": future}}],
        **(only_if or {}),
    }
    with Wallet._get_collection().find(
        waiting, {"user": 1}, sort=[("outbox.0.at", 1)], batch_size=WALLETS_PER_SWEEP
    ) as carrying:
        # Another process may have swept the same wallet meanwhile: what came since has not waited.
        return _copy_all((each.get("user") for each in carrying), only_if=waiting)


def _copy_all(users: Iterable[ObjectId], only_if: dict[str, Any] | None = None) -> Swept:
    movements = copied = failed = 0
    some = (user for user in users if user not in set_aside)
    while batch := list(islice(some, min(WALLETS_AT_ONCE, WALLETS_PER_SWEEP - copied))):
        done = copy_outboxes(batch, only_if)
        movements += done.movements
        copied += len(batch) - len(done.failed)
        failed += len(done.failed)
        for user in done.failed:
            set_aside.put(user)
    return Swept(movements, failed)


def _run() -> None:
    next_sweep = 0.0
    while not _stop.is_set():
        _wake.wait(timeout=min(settings().sweep_seconds, _at_once.seconds_left()))
        _wake.clear()
        if not database_watch.is_ready():
            continue  # of these documents it may know only half
        try:
            copy_due()
            if time.monotonic() >= next_sweep:
                # Spread, so that two processes rarely sweep the same wallets at the same time.
                spread = random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
                next_sweep = time.monotonic() + settings().sweep_seconds * spread
                before = clock.now() - timedelta(seconds=settings().sweep_seconds)
                sweep(before, only_if=no_other_copies())
        except Exception as error:
            # Whatever it is, the next turn tries again: movements must never wait for ever.
            if database_watch.notice(error) is None:
                log.warning("Copying failed; the movements stay in their outboxes", exc_info=True)
            _stop.wait(PAUSE_AFTER_FAILURE_SECONDS)


def copy_due() -> None:
    whole_batch = {f"outbox.{settings().relay_batch - 1}": {"$exists": True}}
    _copy_all(due.take(), only_if=whole_batch | no_other_copies())
    if _at_once.is_time():
        _copy_all(due_at_once.take())


def no_other_copies() -> dict[str, Any]:
    """The condition on a wallet that no other process is copying it now: both would do the same.

    A matter of speed only: a process that has died is waited for a second or two, and one whose
    clock is ahead until the minute that clocks may differ is over.
    """
    now = clock.now()
    begun = {
        "$gte": ObjectId.from_datetime(now - LEASE),
        "$lt": ObjectId.from_datetime(now + CLOCK_TOLERANCE),
    }
    return {"copying": {"$not": begun}}
