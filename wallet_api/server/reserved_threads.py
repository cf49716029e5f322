"""Threads that answer health checks while all the others wait for the database."""

import re
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from wallet_api.server.answering import AnsweringWorker
from wallet_api.server.connection import PunctualConnection
from wallet_api.server.worker import KeepAliveWorker

RESERVED = {b"/healthz": 1, b"/readyz": 4}
"""Paths, and how many threads each has: where the database hangs, one look at it takes seconds, and
/healthz is not to wait for that either."""

_BEGINNING = re.compile(rb"(?:GET|HEAD) (%b)[ ?]" % b"|".join(RESERVED))
_LONGEST = len(b"HEAD ") + max(map(len, RESERVED)) + 1


class ReservedThreadsWorker(KeepAliveWorker):
    """While a thread of the pool is free, it takes whatever comes. When none is, a connection's
    first bytes decide: so nothing is looked at that would not wait anyway.
    """

    _in_hand = 0
    """Connections that have a thread, or wait for one."""

    def init_process(self) -> None:
        self._reserved = {
            path: ThreadPoolExecutor(threads, thread_name_prefix=path.decode())
            for path, threads in RESERVED.items()
        }
        super().init_process()

    def enqueue_req(self, conn: PunctualConnection) -> None:
        if self._in_hand >= self.cfg.threads:
            beginning = _read_ahead(conn)
            if beginning is None:
                self._wait_without_a_thread(conn)
                return
            if (found := _BEGINNING.match(beginning)) is not None:
                self._in_hand += 1
                self._serve_reserved(self._reserved[found.group(1)], conn)
                return
        self._in_hand += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: PunctualConnection, fs: "Future[Any]") -> None:
        self._in_hand -= 1
        super().finish_request(conn, fs)

    def _serve_reserved(self, threads: ThreadPoolExecutor, conn: PunctualConnection) -> None:
        # One request: our own `handle` may stay for the connection's next, of whatever kind.
        future = threads.submit(AnsweringWorker.handle, self, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _wait_without_a_thread(self, conn: PunctualConnection) -> None:
        """As gunicorn has a connection wait whose first byte is late."""
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(
            conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn)
        )


def _read_ahead(conn: PunctualConnection) -> bytes | None:
    """How the connection's next request begins; None: nothing of it has arrived yet."""
    if conn.parser is not None and (held := conn.parser.unreader.buf.getvalue()):
        return bytes(held)
    try:
        return conn.sock.recv(_LONGEST, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        # Reset by the client: the thread that gets it closes it. Here it would end the worker.
        return b""
