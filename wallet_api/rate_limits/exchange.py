"""The thread that tells the store what this process has counted, off the requests' path."""

import logging
import time
from collections import deque
from collections.abc import Callable
from threading import Event, Thread

from limits.errors import StorageError
from limits.storage import Storage

from wallet_api import clock, logs
from wallet_api.rate_limits.counts import Count

PAUSE_SECONDS = 1.0
"""Between two looks at a store that does not answer."""


class Exchange:
    """While the store does not answer, each process holds the limits by what it knows."""

    def __init__(self) -> None:
        self._due: deque[Count] = deque()
        self._wake, self._stop = Event(), Event()
        self._thread: Thread | None = None
        self._lost_since: float | None = None

    def soon(self, count: Count) -> None:
        """Have it exchanged soon. No round trip, and no wait; nothing without a thread."""
        if self._thread is not None:
            self._due.append(count)
            self._wake.set()

    def start(self, open_store: Callable[[], Storage]) -> None:
        """Start the thread, which opens the store with the first count that is due."""
        self._thread = Thread(target=self._run, args=(open_store,), name="rate-limits", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop it. What is not exchanged, a share of a limit at most, the others never learn."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def exchange_all(self, store: Storage) -> None:
        """Exchange what is due. One round trip each. Raises StorageError; nothing is forgotten."""
        while self._due and not self._stop.is_set():
            count = self._due[0]
            if count.ends > clock.now().timestamp():
                count.limiter.exchange(count, store.incr)
            self._due.popleft()

    def _run(self, open_store: Callable[[], Storage]) -> None:
        self._wake.wait()
        if self._stop.is_set():
            return
        store = open_store()
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self.exchange_all(store)
            except Exception as error:
                # Whatever it is: without this thread, each process would be alone for good.
                self._note_loss(error)
                self._await(store)
            else:
                self._note_return()
            self._wake.wait()

    def _await(self, store: Storage) -> None:
        """Return once the store answers. Nothing is added before it does: what it is sent while it
        hangs, it may count when it goes on."""
        while not self._stop.wait(PAUSE_SECONDS) and not store.check():
            self._drop_past()
        self._wake.set()

    def _drop_past(self) -> None:
        """Or what a long outage leaves due would fill the memory."""
        now = clock.now().timestamp()
        for _ in range(len(self._due)):
            count = self._due.popleft()
            if count.ends > now:
                self._due.append(count)

    def _note_loss(self, error: Exception) -> None:
        if self._lost_since is None:
            self._lost_since = time.monotonic()
            why = error.storage_error if isinstance(error, StorageError) else error
            logs.event(
                "rate_limit_store_lost",
                "The store of the rate limits cannot be used, and each process holds the limits by "
                f"itself: {type(why).__name__}",
                logging.WARNING,
            )

    def _note_return(self) -> None:
        if self._lost_since is not None:
            seconds, self._lost_since = time.monotonic() - self._lost_since, None
            logs.event(
                "rate_limit_store_found",
                f"The store of the rate limits can be used again, after {seconds:.1f} s",
                logging.WARNING,
            )
