"""A client's connection: how it begins and ends, and who may answer what was asked on it."""

import select
import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn

from wallet_api.server.parser import ClientLimits, PunctualParser
from wallet_api.server.sending import Answer

LINGER_SECONDS = 0.1
"""How long a thread reads what a client is still sending of a refused body."""

MAX_DRAIN_BYTES = 64 * 1024
MAX_LINGER_BYTES = 1024 * 1024


class PunctualConnection(TConn):
    """A connection whose requests each arrive in time, as does each piece of an answer."""

    parser: PunctualParser | None

    answer: Answer | None = None
    """What its client has not read yet."""

    turn_of = ""
    """Whose turn it takes, where requests of many clients wait."""

    queued_at = 0.0
    """When its request began to wait for a thread (time.monotonic); 0: it did not wait."""

    def __init__(
        self,
        config: Any,
        sock: socket.socket,
        client: Any,
        server: Any,
        limits: ClientLimits,
    ):
        super().__init__(config, sock, client, server)
        self.limits = limits
        # Each has one item, for the one of two threads that takes it first.
        self.start: list[None] = []
        """Of a request that waits for a thread: to begin with it."""
        self.right_to_answer: list[dict[str, Any]] = []
        """Of a request that has a thread: its WSGI environment."""

    def init(self) -> None:
        if not self.initialized:
            super().init()
            self.parser = PunctualParser(self.cfg, self.sock, self.client, self.limits)

    def wait_for_thread(self) -> None:
        self.queued_at = time.monotonic()
        self.start = [None]

    def may_start(self) -> bool:
        """Whether the request on it is still to be served. To be asked once."""
        try:
            self.start.pop()
        except IndexError:
            if self.parser is not None:
                self.parser.not_whole = self.parser.is_put_back = False
            return False
        return True

    def beginning(self, size: int) -> bytes | None:
        """How the next request begins; None: nothing of it has arrived yet. Takes nothing away."""
        if self.parser is not None and (held := self.parser.unreader.buf.getvalue()):
            return bytes(held)
        try:
            return self.sock.recv(size, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            # Reset by the client: the thread that gets it closes it. Here it would end the worker.
            return b""

    def has_more(self, milliseconds: int) -> bool:
        """Whether the next request begins to arrive within this time."""
        if self.parser is not None and self.parser.unreader.holds_data():
            return True
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(milliseconds))

    @property
    def began(self) -> float:
        """When the present request had come (time.monotonic)."""
        return self.queued_at or (self.parser.unreader.began if self.parser is not None else 0.0)

    def send_last(self, data: bytes) -> None:
        """Send it as far as there is room, and nothing after it. Waits for nobody."""
        with suppress(OSError):
            self.sock.send(data, socket.MSG_DONTWAIT)
            self.sock.shutdown(socket.SHUT_RDWR)

    def linger(self) -> None:
        """Read what a client is still sending of a refused body, within bounds.

        A proxy that cannot send on, since the connection is closed, may answer 502 in place of the
        answer that it has been given.
        """
        if self.parser is not None:
            with suppress(OSError, ParseException):
                self.parser.finish_body(time.monotonic() + LINGER_SECONDS, MAX_LINGER_BYTES)

    def close(self, graceful: bool = False) -> None:
        """Close, having read what is there: unread bytes would reset the client's answer away.

        gunicorn's own waits 2 s for a client to close too, on the one thread that accepts them all.
        """
        with suppress(OSError):
            if graceful:
                self.sock.shutdown(socket.SHUT_WR)
                self.sock.setblocking(False)
                drained = 0
                while drained < MAX_DRAIN_BYTES and (data := self.sock.recv(8192)):
                    drained += len(data)
        self.sock.close()
