"""Threads that answer health checks while all the others wait for the database."""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from wallet_api.server.answering import AnsweringWorker
from wallet_api.server.connection import PunctualConnection
from wallet_api.server.waiting import WaitingWorker

RESERVED = {b"/healthz": 1, b"/readyz": 4}
"""Paths, and how many threads each has: where the database hangs, one look at it takes seconds, and
/healthz is not to wait for that either."""

_BEGINNING = re.compile(rb"(?:GET|HEAD) (%b)[ ?]" % b"|".join(RESERVED))
_LONGEST = len(b"HEAD ") + max(map(len, RESERVED)) + 1


class ReservedThreadsWorker(WaitingWorker):
    """While a thread of the pool is free, it takes whatever comes. When none is, a connection's
    first bytes decide: so nothing is looked at that would not wait anyway.
    """

    def init_process(self) -> None:
        self._in_hand: set[PunctualConnection] = set()
        """Connections that have a thread, or wait for one."""
        self._reserved = {
            path: ThreadPoolExecutor(threads, thread_name_prefix=path.decode())
            for path, threads in RESERVED.items()
        }
        super().init_process()

    def enqueue_req(self, conn: PunctualConnection) -> None:
        if self.is_crowded():
            beginning = conn.beginning(_LONGEST)
            if beginning is None:
                self.wait_for_request(conn, self.cfg.keepalive)
                return
            if (found := _BEGINNING.match(beginning)) is not None:
                self._in_hand.add(conn)
                self._serve_reserved(self._reserved[found.group(1)], conn)
                return
        self._in_hand.add(conn)
        super().enqueue_req(conn)

    def is_crowded(self) -> bool:
        return len(self._in_hand) >= self.cfg.threads

    def finish_request(self, conn: PunctualConnection, fs: "Future[Any]") -> None:
        self._in_hand.discard(conn)
        super().finish_request(conn, fs)

    def _serve_reserved(self, threads: ThreadPoolExecutor, conn: PunctualConnection) -> None:
        conn.queued_at = 0.0
        # One request: our own `handle` may stay for the connection's next, of whatever kind.
        future = threads.submit(AnsweringWorker.handle, self, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )
