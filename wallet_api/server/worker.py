"""How the workers share connections, and their threads the requests of a connection."""

import errno
import mmap
import time
from collections import deque
from typing import Any

from wallet_api.server.answering import AnsweringWorker
from wallet_api.server.connection import PunctualConnection
from wallet_api.server.parser import ClientLimits

LINGER_MS = 10
"""How long a thread waits for a connection's next request before it takes another's."""

YIELD_SECONDS = 0.005
"""How long a worker leaves a new connection to one that has fewer."""

PAUSE_SECONDS = 0.01
"""How long a worker leaves the listening socket alone where the system gives it no descriptor."""

_SLOTS = 256
_connections = memoryview(mmap.mmap(-1, 4 * _SLOTS)).cast("i")
"""Shared by all workers: one more than each one's connections; 0: none that would take one."""


def forget(worker: AnsweringWorker) -> None:
    """In the master, when a worker has died: nobody waits for it to take connections."""
    _connections[worker.age % _SLOTS] = 0


class KeepAliveWorker(AnsweringWorker):
    """Connections are spread evenly, and each is served by one thread for as long as it is in use.

    The original takes every request through its poller, a queue and a pipe: 0.1 to 0.25 ms CPU of
    the 0.8 to 1.2 that a request costs. A thread lingers only while no other connection waits.

    A connection belongs to the worker that happens to wake up first, and with it all its requests:
    at times one worker had all of sixteen, and the other processor nothing to do.
    """

    processor: int | None = None
    """The one it keeps to, if any."""

    request_seconds: float = 10
    """How long a client may take to send a request."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._accepts = False
        self._yielding_until: float | None = None
        self._waiting: deque[PunctualConnection] = deque()

    def init_process(self) -> None:
        slow = max(1, self.cfg.threads // 4)
        self._limits = ClientLimits(self.request_seconds, slow, self.is_crowded)
        super().init_process()

    def is_crowded(self) -> bool:
        """Whether requests wait for a thread."""
        return bool(self._waiting)

    def enqueue_req(self, conn: PunctualConnection) -> None:
        conn.wait_for_thread()
        self._waiting.append(conn)
        super().enqueue_req(conn)

    def handle(self, conn: PunctualConnection) -> object:
        self._waiting.popleft()
        if not conn.may_start():
            return False
        while (kept_alive := super().handle(conn)) is True and self.alive and not self._waiting:
            if not conn.has_more(LINGER_MS):
                break
            conn.queued_at = 0.0
        return kept_alive

    def accept(self, listener: Any) -> None:
        """As gunicorn's, with our connection, and later if another worker has fewer of them."""
        if self._should_yield():
            time.sleep(YIELD_SECONDS / 20)
            return
        self._yielding_until = None
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self.make_places()
                time.sleep(PAUSE_SECONDS)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self.greet(PunctualConnection(self.cfg, sock, client, listener.getsockname(), self._limits))

    def greet(self, conn: PunctualConnection) -> None:
        """Take a new connection."""
        self.enqueue_req(conn)

    def make_places(self) -> None:
        """Close connections that nobody would miss, if there are any."""

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        self._accepts = enabled
        self._tell()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(timeout)
        self._tell()

    def _tell(self) -> None:
        _connections[self.age % _SLOTS] = self.nr_conns + 1 if self._accepts else 0

    def _should_yield(self) -> bool:
        fewest = min((count for count in _connections if count), default=0)
        if self.nr_conns < fewest:
            return False
        now = time.monotonic()
        if self._yielding_until is None:
            self._yielding_until = now + YIELD_SECONDS
        return now < self._yielding_until
