"""The thread that copies out what waits in the wallets' outboxes, off the requests' path."""

import logging
import random
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo.errors import ConnectionFailure

from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.wallet import Wallet
from wallet_api.movements.relay.copy import copy_out

log = logging.getLogger(__name__)

WALLETS_PER_SWEEP = 500
PAUSE_AFTER_FAILURE_SECONDS = 1.0
CLOCK_TOLERANCE = timedelta(minutes=1)
ONE_ROUND = timedelta(seconds=1)
"""How long a copier that has begun is thought to be at it."""

_due: dict[ObjectId, None] = {}
_due_lock = Lock()
_wake = Event()
_stop = Event()
_thread: Thread | None = None


def notify(user: ObjectId) -> None:
    """Have the user's outbox copied out soon. Costs the request no round trip."""
    if _thread is None:
        return
    with _due_lock:
        _due[user] = None
    _wake.set()


def start() -> None:
    """Start this process's copier. One a process is enough; more never harm."""
    global _thread
    _stop.clear()
    _thread = Thread(target=_run, name="copier", daemon=True)
    _thread.start()


def stop() -> None:
    """Stop it after the wallet it is at. What waits stays in the outboxes, for the next copier."""
    global _thread
    _stop.set()
    _wake.set()
    if _thread is not None:
        _thread.join(timeout=5)
    _thread = None


class Swept(NamedTuple):
    movements: int
    failed: int
    """Wallets that cannot be copied out; the log says why."""


def sweep(before: datetime, only_if: dict[str, Any] | None = None) -> Swept:
    """One round of copying for the wallets that carry a movement from `before` or earlier.

    One round trip, and a copy-out for each wallet found, the longest waiting first. A movement
    from the future, by a clock that has been set back since, counts as waiting too.

    `only_if`: a further condition on the wallets.

    Raises ConnectionFailure.
    """
    future = clock.now() + CLOCK_TOLERANCE
    waiting = {
        "$or": [{"outbox.0.at": {"$lte": before}}, {"outbox.0.at": {"$gt": future}}],
        **(only_if or {}),
    }
    carrying = (
        Wallet.objects(__raw__=waiting)
        .order_by("outbox.0.at")
        .limit(WALLETS_PER_SWEEP)
        .scalar("user")
    )
    # Another process may have swept the same wallet meanwhile: what came since has not waited.
    return _copy_out_all(list(carrying), only_if=waiting)


def _copy_out_all(users: Iterable[ObjectId], only_if: dict[str, Any] | None = None) -> Swept:
    movements = failed = 0
    for user in users:
        try:
            movements += copy_out(user, only_if)
        except ConnectionFailure:
            raise
        except Exception:
            # One wallet in ruins must not keep the others waiting.
            log.exception("The movements of wallet %s cannot be copied out", user)
            failed += 1
    return Swept(movements, failed)


def _run() -> None:
    next_sweep = 0.0
    while not _stop.is_set():
        _wake.wait(timeout=settings().sweep_seconds)
        _wake.clear()
        try:
            _copy_out_the_due()
            if time.monotonic() >= next_sweep:
                # Spread, so that two processes rarely sweep the same wallets at the same time.
                spread = random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
                next_sweep = time.monotonic() + settings().sweep_seconds * spread
                before = clock.now() - timedelta(seconds=settings().sweep_seconds)
                sweep(before, only_if=_left_alone())
        except Exception:
            # Whatever it is, the next round tries again: movements must never wait for ever.
            log.warning("Copying out failed; the movements stay in their outboxes", exc_info=True)
            _stop.wait(PAUSE_AFTER_FAILURE_SECONDS)


def _copy_out_the_due() -> None:
    with _due_lock:
        due = list(_due)
        _due.clear()
    whole_round = {f"outbox.{settings().copy_out_batch - 1}": {"$exists": True}}
    _copy_out_all(due, only_if=whole_round | _left_alone())


def _left_alone() -> dict[str, Any]:
    """Of a wallet that no other process is copying just now: the two would do the same.

    A matter of speed only: one that has died is waited for a second or two, and one whose clock is
    ahead until the minute that clocks may differ is over.
    """
    now = clock.now()
    at_it = {
        "$gte": ObjectId.from_datetime(now - ONE_ROUND),
        "$lt": ObjectId.from_datetime(now + CLOCK_TOLERANCE),
    }
    return {"copying": {"$not": at_it}}
