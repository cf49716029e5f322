"""Tells the workers of a fleet, through a broker, which withdrawal is due: never more than a hint.

MongoDB is the queue. A message that is not sent, is lost, comes twice or late changes nothing.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread

from bson import ObjectId

from wallet_api import logs
from wallet_api.config import settings
from wallet_api.movements.relay import payouts_due
from wallet_api.payouts import broker

MOST_WAITING = 10_000
"""Ids that wait to be sent; more are left to the workers' own looks."""

PAUSE_AFTER_FAILURE_SECONDS = 1.0
STOP_SECONDS = 2.0

Publish = Callable[[ObjectId], None]


class Sender:
    """A thread that publishes, so that nobody else waits for the broker."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._waiting: Queue[ObjectId | None] = Queue(MOST_WAITING)
        self._ended = Event()
        self.in_trouble = False
        self._thread = Thread(target=self._run, name="payout-messages", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self, withdrawal: ObjectId) -> None:
        """Soon, if that works. Neither waits nor raises."""
        with suppress(Full):
            self._waiting.put_nowait(withdrawal)

    def stop(self, seconds: float) -> None:
        """Send what waits, for so long at most."""
        deadline = time.monotonic() + seconds
        self._ended.set()
        with suppress(Full):
            self._waiting.put(None, timeout=seconds)
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (withdrawal := self._waiting.get()) is not None:
            try:
                self._publish(withdrawal)
            except Exception as error:  # of whichever library speaks to the broker
                self.note_trouble(error)
                self._forget_all()
                if self._ended.wait(PAUSE_AFTER_FAILURE_SECONDS):
                    return
            else:
                self._note_success()

    def _forget_all(self) -> None:
        """Nothing is to be said of them any more once the broker is there again."""
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()

    def note_trouble(self, error: Exception) -> None:
        if not self.in_trouble:
            self.in_trouble = True
            logs.event(
                "broker_unreachable",
                "The payouts' broker cannot be used; workers find what is due without it: "
                f"{type(error).__name__}: {error!s:.200}",
                logging.WARNING,
            )

    def _note_success(self) -> None:
        if self.in_trouble:
            self.in_trouble = False
            logs.event("broker_reachable", "The payouts' broker can be used again")


_sender: Sender | None = None


def send(withdrawal: ObjectId) -> None:
    """Have a worker look at a withdrawal that is due; nothing where no broker is configured."""
    if _sender is not None:
        _sender.send(withdrawal)


def start() -> None:
    """Send from this process, where a broker is configured."""
    global _sender
    url = settings().payouts.broker_url
    if url:
        _sender = Sender(_through(url))
        _sender.start()
        payouts_due.tell(_sender.send)


def stop() -> None:
    global _sender
    if _sender is not None:
        payouts_due.tell(None)
        _sender.stop(STOP_SECONDS)
        _sender = None


def _through(url: str) -> Publish:
    app = broker.celery_app(url, settings().payouts.lease)
    # Once more at once, on a new connection: the kept one may be of a broker that has restarted.
    once_more = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}

    def publish(withdrawal: ObjectId) -> None:
        app.send_task(broker.PAY, [str(withdrawal)], retry_policy=once_more)

    return publish
