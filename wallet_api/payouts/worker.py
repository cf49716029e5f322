"""The threads that pay withdrawals out: each takes up the payout that is due for longest."""

import logging
import time
from contextlib import nullcontext
from threading import Event, Lock, Thread

from wallet_api import clock, database_watch
from wallet_api.config import settings
from wallet_api.database_trouble import trouble_in
from wallet_api.payouts import queue
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.pay import Turn

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.1
"""How long a worker that has found nothing waits before it looks again."""

PAUSE_AFTER_FAILURE_SECONDS = 1.0


class Worker:
    """Any number of them, on any number of machines."""

    def __init__(self, threads: int) -> None:
        self._stop = Event()
        self._looking = Lock()
        self._is_busy = False
        self._paces = Paces()
        self._threads = [
            Thread(target=self._run, name=f"payouts-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> None:
        """Let each thread finish the payout that it has taken up, for so long at most. What is not
        finished stays due."""
        self._stop.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                # While nothing is due one thread looks for all: ten times a second.
                with nullcontext() if self._is_busy else self._looking:
                    turn = self._next() if database_watch.is_ready() else None
                    self._is_busy = turn is not None
                    if turn is None:
                        self._stop.wait(IDLE_SECONDS)
                        continue
                turn.run()
            except Exception as error:
                # Whatever it is: the payout is due again once its lease is over.
                if database_watch.notice(error) is None:
                    log.exception("A payout could not be taken further; it stays due")
                self._stop.wait(PAUSE_AFTER_FAILURE_SECONDS)

    def _next(self) -> Turn | None:
        return take_up(self._paces)


def take_up(paces: Paces) -> Turn | None:
    """The next turn; None: nothing is due. One round trip."""
    chosen = settings().payouts
    gateways = registry.configured()
    record = queue.claim(gateways, clock.now(), chosen.lease)
    if record is None:
        return None
    return Turn(record, gateways[record.gateway], chosen, time.monotonic(), paces)


def run_once() -> int:
    """Take up what is due now, until nothing is; returns how many turns that were.

    Raises PyMongoError.
    """
    paces, turns = Paces(), 0
    while (turn := take_up(paces)) is not None:
        try:
            turn.run()
        except Exception as error:
            if trouble_in(error) is not None:
                raise
            log.exception("A payout could not be taken further; it stays due")
        turns += 1
    return turns


_inside: Worker | None = None


def start() -> None:
    """Start a worker within this process, where payouts are on."""
    global _inside
    chosen = settings().payouts
    if chosen.is_on and chosen.worker == "inside":
        _inside = Worker(chosen.worker_threads)
        _inside.start()


def stop() -> None:
    global _inside
    if _inside is not None:
        _inside.stop(settings().payouts.timeout.total_seconds())
        _inside = None
    registry.close_all()
