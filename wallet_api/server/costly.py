"""Threads of their own for requests that hash a password: 20 ms of a processor, and 19 MB."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Any

from wallet_api.server.answering import AnsweringWorker
from wallet_api.server.connection import PunctualConnection
from wallet_api.server.request import StrictRequest
from wallet_api.server.reserved_threads import ReservedThreadsWorker
from wallet_api.server.turns import Turns

COSTLY = frozenset({"/auth/login", "/auth/register"})
"""Paths."""


class CostlyRequestsWorker(ReservedThreadsWorker):
    """They wait without a thread, each address in its turn, so that a flood of them keeps neither
    anything else waiting nor the logins of others.

    A thread of the pool learns from the head that it has such a request, and leaves it.
    """

    def init_process(self) -> None:
        self._in_turns: set[PunctualConnection] = set()
        self._turns: Turns[PunctualConnection] = Turns()
        self._costly = ThreadPoolExecutor(max(1, self.cfg.threads // 4), "costly-requests")
        super().init_process()

    def handle_request(self, req: StrictRequest, conn: PunctualConnection) -> bool:
        if req.path in COSTLY and conn not in self._in_turns and conn.parser is not None:
            conn.parser.put_back()
            return False
        return super().handle_request(req, conn)

    def finish_request(self, conn: PunctualConnection, fs: "Future[Any]") -> None:
        self._in_turns.discard(conn)
        if conn.parser is not None and conn.parser.is_put_back:
            self._in_hand.discard(conn)
            self._serve_in_turn(conn)
        else:
            super().finish_request(conn, fs)

    def _serve_in_turn(self, conn: PunctualConnection) -> None:
        conn.wait_for_thread()
        self._in_turns.add(conn)
        self._turns.add(conn.client[0] if conn.client else None, conn)
        self._costly.submit(self._serve_next)

    def _serve_next(self) -> None:
        conn = self._turns.take()
        done: Future[Any] = Future()
        try:
            done.set_result(conn.may_start() and AnsweringWorker.handle(self, conn))
        except BaseException as error:
            done.set_exception(error)
        self.method_queue.defer(partial(self.finish_request, conn, done))

    def in_hand(self) -> "chain[PunctualConnection]":
        return chain(self._in_hand, self._in_turns)
