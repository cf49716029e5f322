"""gunicorn's threaded worker, for clients that send one request after another."""

import mmap
import select
import time
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

LINGER_MS = 10
"""How long a thread waits for a connection's next request before it takes another's."""

YIELD_SECONDS = 0.005
"""How long a worker leaves a new connection to one that has fewer."""

_SLOTS = 256
_connections = memoryview(mmap.mmap(-1, 4 * _SLOTS)).cast("i")
"""Shared by all workers: one more than each one's connections; 0: none that would take one."""


def forget(worker: ThreadWorker) -> None:
    """In the master, when a worker has died: nobody waits for it to take connections."""
    _connections[worker.age % _SLOTS] = 0


class KeepAliveWorker(ThreadWorker):
    """Connections are spread evenly, and each is served by one thread for as long as it is in use.

    The original takes every request through its poller, a queue and a pipe: 0.1 to 0.25 ms CPU of
    the 0.8 to 1.2 that a request costs. A thread lingers only while no other connection waits.

    A connection belongs to the worker that happens to wake up first, and with it all its requests:
    at times one worker had all of sixteen, and the other processor nothing to do.
    """

    processor: int | None = None
    """The one it keeps to, if any."""

    _yielding_until: float | None = None

    def handle(self, conn: TConn) -> object:
        waiting = self.tpool._work_queue
        while (kept_alive := super().handle(conn)) is True and self.alive and waiting.empty():
            if not _has_more(conn):
                break
        return kept_alive

    def accept(self, listener: Any) -> None:
        if self._should_yield():
            time.sleep(YIELD_SECONDS / 20)
            return
        self._yielding_until = None
        super().accept(listener)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        self._tell()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(timeout)
        self._tell()

    def _tell(self) -> None:
        _connections[self.age % _SLOTS] = self.nr_conns + 1 if self._accepting else 0

    def _should_yield(self) -> bool:
        fewest = min((count for count in _connections if count), default=0)
        if self.nr_conns < fewest:
            return False
        now = time.monotonic()
        if self._yielding_until is None:
            self._yielding_until = now + YIELD_SECONDS
        return now < self._yielding_until


def _has_more(conn: TConn) -> bool:
    # What was read ahead of a request no longer makes the socket readable.
    if conn.parser.unreader.buf.getvalue():
        return True
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(LINGER_MS))
