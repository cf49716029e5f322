"""The other side of an adapter: reads requests properly, and answers as it was told to."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Self

from wallet_api.payouts.conformance.acts import Act, Request, Response, closes, says

_MOST_BYTES = 1_000_000


class HostileGateway:
    """On a free port of 127.0.0.1. Each request plays the next act; the last act stays."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._acts: list[Act] = [closes]
        self._answering: Callable[[Request], Response] | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}"

    @property
    def connections(self) -> int:
        """How many were made so far."""
        with self._lock:
            return len(self._connections)

    def plays(self, *acts: Act) -> None:
        with self._lock:
            self._acts, self._answering = list(acts), None

    def answers(self, answering: Callable[[Request], Response]) -> None:
        """Each request with what it asks for, until it is told to play again."""
        with self._lock:
            self._answering = answering

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        with self._lock:
            for each in (self._listener, *self._connections):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                if self._over.is_set():
                    connection.close()
                    return
                self._connections.append(connection)
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError, IndexError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as lines:
                while request := _read(lines):
                    if not self._next_act(request)(connection, self._over):
                        return

    def _next_act(self, request: Request) -> Act:
        with self._lock:
            self.requests.append(request)
            if self._answering:
                return says(self._answering(request))
            return self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]


def _read(stream: BinaryIO) -> Request | None:
    """None: the other side has closed."""
    start = stream.readline(_MOST_BYTES).decode("latin-1").split()
    if len(start) != 3:
        return None
    headers = {}
    while line := stream.readline(_MOST_BYTES).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = min(int(headers.get("content-length", "0")), _MOST_BYTES)
    return Request(start[0], start[1], headers, stream.read(length))
