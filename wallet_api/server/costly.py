"""Threads of their own for requests that hash a password: 20 ms of a processor, and 19 MB."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import unquote

from wallet_api.server.answering import AnsweringWorker
from wallet_api.server.connection import PunctualConnection
from wallet_api.server.request import StrictRequest
from wallet_api.server.reserved_threads import ReservedThreadsWorker
from wallet_api.server.turns import Turns

COSTLY = frozenset({"/auth/login", "/auth/register", "/auth/password", "/auth/password/reset"})
"""Paths, as the application reads them."""


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
        path = req.path if "%" not in req.path else unquote(req.path)
        if path in COSTLY and conn not in self._in_turns and conn.parser is not None:
            conn.turn_of = _client_of(req, conn)
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
        self._turns.add(conn.turn_of, conn)
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


def _client_of(req: StrictRequest, conn: PunctualConnection) -> str:
    """The address, or network, that the limits on guessing count by."""
    # Not above: a worker's application is newer than its master's.
    from wallet_api.auth.throttle import network_of
    from wallet_api.config import settings
    from wallet_api.web.client_address import client_address

    forwarded_for = ",".join(value for name, value in req.headers if name == "X-FORWARDED-FOR")
    peer = conn.client[0] if conn.client else ""
    return network_of(client_address(peer, forwarded_for, settings().trusted_proxies))
