"""Connections that wait without a thread: for a request, for the rest of one, or for a reader."""

import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from wallet_api.server.connection import PunctualConnection
from wallet_api.server.worker import KeepAliveWorker

SILENT_SECONDS = 3.0
"""How long a new connection may stay without a word."""

CHECK_SECONDS = 0.1
"""Between two looks for those that have waited too long."""

PLACES_AT_ONCE = 50
"""Where all places are taken, one in so many is made free."""


class WaitingWorker(KeepAliveWorker):
    """A thread takes a connection with a request that has come, and leaves one that makes it wait.

    So clients that say nothing, half of something, or read nothing hold places for connections
    only. Where these are all taken, whoever has said nothing for longest gives up one first, then
    who has been idle since an answer, then who is at a request, then who reads an answer.
    """

    def init_process(self) -> None:
        # In the order in which they came, each with the time when it is closed.
        self._silent: dict[PunctualConnection, float] = {}
        self._unfinished: dict[PunctualConnection, float] = {}
        self._unread: dict[PunctualConnection, float] = {}
        self._next_check = 0.0
        # One: long answers take turns, and the requests of others need this process too.
        self._long_answers = ThreadPoolExecutor(1, thread_name_prefix="long-answers")
        super().init_process()

    def greet(self, conn: PunctualConnection) -> None:
        if conn.beginning(1) is None:
            self.wait_for_request(conn, SILENT_SECONDS)
        else:
            conn.data_ready = True
            self.enqueue_req(conn)

    def wait_for_request(self, conn: PunctualConnection, seconds: float) -> None:
        self._wait(conn, self._silent, time.monotonic() + seconds)

    def finish_request(self, conn: PunctualConnection, fs: "Future[Any]") -> None:
        answer, parser = conn.answer, conn.parser
        if answer is not None and answer.response.unsent:
            self._wait(conn, self._unread, answer.deadline(conn.seconds))
        elif answer is not None:
            self._send_on(conn)
        elif parser is not None and parser.not_whole and fs.exception() is None:
            self._wait(conn, self._unfinished, parser.unreader.deadline)
        else:
            super().finish_request(conn, fs)

    def _send_on(self, conn: PunctualConnection) -> None:
        future = self._long_answers.submit(self.send_on, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _wait(
        self, conn: PunctualConnection, where: dict[PunctualConnection, float], until: float
    ) -> None:
        where[conn] = until
        event = selectors.EVENT_WRITE if where is self._unread else selectors.EVENT_READ
        if where is not self._unread:
            conn.sock.setblocking(False)
        self.poller.register(conn.sock, event, partial(self._goes_on, conn, where))

    def _goes_on(
        self, conn: PunctualConnection, where: dict[PunctualConnection, float], sock: Any
    ) -> None:
        self.poller.unregister(sock)
        del where[conn]
        if conn.answer is not None:
            conn.answer.waited()
            self._send_on(conn)
        else:
            conn.data_ready = True
            self.enqueue_req(conn)

    def murder_pending(self) -> None:
        """What gunicorn calls in each round: close those that have waited too long."""
        now = time.monotonic()
        if now >= self._next_check:
            self._next_check = now + CHECK_SECONDS
            for where in (self._silent, self._unfinished, self._unread):
                for conn in [conn for conn, until in where.items() if until <= now]:
                    self._give_up(conn, where)
        if self.nr_conns >= self.worker_connections:
            self.make_places()

    def make_places(self) -> None:
        wanted = max(1, self.worker_connections // PLACES_AT_ONCE)
        for take in self._in_order():
            for _ in range(wanted):
                if not take():
                    break
                wanted -= 1

    def _in_order(self) -> tuple[Callable[[], bool], ...]:
        return (
            partial(self._give_up_oldest, self._silent),
            self._give_up_idle,
            partial(self._give_up_oldest, self._unfinished),
            partial(self._give_up_oldest, self._unread),
        )

    def _give_up_oldest(self, where: dict[PunctualConnection, float]) -> bool:
        oldest = next(iter(where), None)
        if oldest is None:
            return False
        self._give_up(oldest, where)
        return True

    def _give_up_idle(self) -> bool:
        """As gunicorn closes those that have been idle for too long."""
        if not self.keepalived_conns:
            return False
        conn = self.keepalived_conns.popleft()
        self.poller.unregister(conn.sock)
        self._close(conn)
        return True

    def _give_up(self, conn: PunctualConnection, where: dict[PunctualConnection, float]) -> None:
        self.poller.unregister(conn.sock)
        del where[conn]
        if conn.answer is not None:
            # In its thread: it may have to tell the database.
            self._long_answers.submit(conn.answer.end)
        self._close(conn)

    def _close(self, conn: PunctualConnection) -> None:
        self.nr_conns -= 1
        conn.close()
