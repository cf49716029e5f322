"""A request is answered in time, whatever its thread waits for: a database that hangs, mostly."""

import time
from typing import Any

from wallet_api.server.connection import PunctualConnection
from wallet_api.server.costly import CostlyRequestsWorker
from wallet_api.server.refusals import method_and_path
from wallet_api.server.request import MAX_START_BYTES

CHECK_SECONDS = 0.25


class PromptWorker(CostlyRequestsWorker):
    """Its main thread gives the 503 that is due, and the thread's own answer goes nowhere.

    Nothing is set for it at each command of a request: the driver's own time-out over several
    commands (pymongo.timeout) takes a system call more for each, and has the server give up writes
    that are under way. What the thread still does is what it would do for a client that has gone.
    """

    answer_seconds: float = 15
    """How long a request may wait for a thread, and its thread for the database."""

    _next_look = 0.0

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(min(timeout, CHECK_SECONDS))
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + CHECK_SECONDS
            # By the next look it would be too late.
            self._answer_those_of(now - self.answer_seconds + CHECK_SECONDS)

    def _answer_those_of(self, latest: float) -> None:
        for conn in self.in_hand():
            try:
                if conn.start and conn.queued_at <= latest and conn.may_start():
                    self._refuse(conn)
                elif conn.right_to_answer and conn.began <= latest:
                    self._answer_for(conn, conn.right_to_answer.pop())
            except IndexError:
                continue  # its thread has just begun to answer
            except Exception:
                self.log.exception("A request that is overdue could not be answered")
                conn.send_last(b"")

    def _refuse(self, conn: PunctualConnection) -> None:
        """A request that no thread has begun with."""
        # Not above: a worker's application is newer than its master's.
        from wallet_api.web import overdue

        method, path = method_and_path(conn.beginning(MAX_START_BYTES) or b"")
        self._send(conn, *overdue.answer_to_unbegun(self.wsgi, method, path))

    def _answer_for(self, conn: PunctualConnection, environ: dict[str, Any]) -> None:
        """A request that a thread is at: whether it takes effect is unknown."""
        from wallet_api.web import overdue

        self._send(conn, *overdue.answer_to_begun(self.wsgi, environ))

    def _send(self, conn: PunctualConnection, answer: bytes, request_id: str) -> None:
        told = {"event": "overdue", "requestId": request_id, "client": conn.client[0]}
        self.log.warning("A request was answered before a thread had an answer", extra=told)
        conn.send_last(answer)
