"""Connections that wait without a thread: for a request, for the rest of one, or for a reader."""

import math
import selectors
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from heapq import nsmallest
from typing import Any, NamedTuple

from wallet_api.server.connection import PunctualConnection
from wallet_api.server.worker import KeepAliveWorker

SILENT_SECONDS = 3.0
"""How long a new connection may stay without a word."""

CHECK_SECONDS = 0.1
"""Between two looks for those that have waited too long."""

PLACES_AT_ONCE = 50
"""Where all places are taken, one in so many is made free."""

YOUNG_SECONDS = 0.25
"""A client may need so long from the connection to its first request."""


class Wait(NamedTuple):
    since: float
    until: float
    """Both by time.monotonic."""


class WaitingWorker(KeepAliveWorker):
    """A thread takes a connection with a request that has come, and leaves one that makes it wait.

    So clients that say nothing, half of something, or read nothing hold places for connections
    only. Where these are all taken, whoever has made the service wait longest for a request gives
    up one; but before those who have only just come, who has been idle since an answer.
    """

    def init_process(self) -> None:
        self._unheard: dict[PunctualConnection, Wait] = {}
        """Nothing of a request has come, or not all of it."""
        self._unread: dict[PunctualConnection, Wait] = {}
        """Not all of an answer has been taken."""
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
        now = time.monotonic()
        self._wait_to_hear(conn, Wait(now, now + seconds))

    def finish_request(self, conn: PunctualConnection, fs: "Future[Any]") -> None:
        answer, parser, seconds = conn.answer, conn.parser, conn.limits.seconds
        if answer is not None and answer.response.unsent:
            self._unread[conn] = Wait(time.monotonic(), answer.deadline(seconds))
            self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._is_read, conn))
        elif answer is not None:
            self._send_on(conn)
        elif parser is not None and parser.not_whole and fs.exception() is None:
            until = parser.unreader.deadline
            self._wait_to_hear(conn, Wait(until - seconds, until))
        else:
            super().finish_request(conn, fs)

    def _wait_to_hear(self, conn: PunctualConnection, wait: Wait) -> None:
        self._unheard[conn] = wait
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._is_heard, conn))

    def _is_heard(self, conn: PunctualConnection, sock: Any) -> None:
        self.poller.unregister(sock)
        del self._unheard[conn]
        conn.data_ready = True
        self.enqueue_req(conn)

    def _is_read(self, conn: PunctualConnection, sock: Any) -> None:
        self.poller.unregister(sock)
        del self._unread[conn]
        if conn.answer is not None:
            conn.answer.waited()
        self._send_on(conn)

    def _send_on(self, conn: PunctualConnection) -> None:
        future = self._long_answers.submit(self.send_on, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def murder_pending(self) -> None:
        """What gunicorn calls in each round: close those that have waited too long."""
        now = time.monotonic()
        if now >= self._next_check:
            self._next_check = now + CHECK_SECONDS
            for where in (self._unheard, self._unread):
                for conn in [conn for conn, wait in where.items() if wait.until <= now]:
                    self._give_up(conn, where)
        if self.nr_conns >= self.worker_connections:
            self.make_places()

    def make_places(self) -> None:
        wanted = max(1, self.worker_connections // PLACES_AT_ONCE)
        wanted -= self._give_up_oldest(self._unheard, wanted, time.monotonic() - YOUNG_SECONDS)
        wanted -= self._give_up_idle(wanted)
        wanted -= self._give_up_oldest(self._unheard, wanted)
        self._give_up_oldest(self._unread, wanted)

    def _give_up_oldest(
        self, where: dict[PunctualConnection, Wait], wanted: int, latest: float = math.inf
    ) -> int:
        """How many it was: `wanted` at most, of those that have waited since `latest` or longer."""
        oldest = nsmallest(wanted, where.items(), key=lambda item: item[1].since)
        chosen = [conn for conn, wait in oldest if wait.since <= latest]
        for conn in chosen:
            self._give_up(conn, where)
        return len(chosen)

    def _give_up_idle(self, wanted: int) -> int:
        """As gunicorn closes those that have been idle for too long."""
        number = min(wanted, len(self.keepalived_conns))
        for _ in range(number):
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self._close(conn)
        return number

    def _give_up(self, conn: PunctualConnection, where: dict[PunctualConnection, Wait]) -> None:
        self.poller.unregister(conn.sock)
        del where[conn]
        if conn.answer is not None:
            # In its thread: it may have to tell the database.
            self._long_answers.submit(conn.answer.abandon)
        self._close(conn)

    def _close(self, conn: PunctualConnection) -> None:
        self.nr_conns -= 1
        conn.close()
