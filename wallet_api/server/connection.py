"""How long a thread of gunicorn waits for a client: gunicorn itself would wait for ever."""

import math
import select
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from wallet_api.server.request import StrictRequest

FIRST_BYTE_SECONDS = 0.1
"""How long a thread waits for a new connection's first byte. Then the connection waits without a
thread, as long as an idle one may."""

MAX_DRAIN_BYTES = 64 * 1024
MAX_LINGER_BYTES = 1024 * 1024


class PunctualConnection(TConn):
    """A connection whose requests each arrive within `seconds`, as does each piece of an answer."""

    def __init__(self, config: Any, sock: socket.socket, client: Any, server: Any, seconds: float):
        super().__init__(config, sock, client, server)
        self._seconds = seconds

    def init(self) -> None:
        if not self.initialized:
            super().init()
            self.parser = PunctualParser(self.cfg, self.sock, self.client, self._seconds)

    def wait_for_data(self, timeout: float) -> bool:
        return super().wait_for_data(FIRST_BYTE_SECONDS)

    def has_more(self, milliseconds: int) -> bool:
        """Whether the next request begins to arrive within this time."""
        if self.parser.unreader.holds_data():
            return True
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(milliseconds))

    def linger(self) -> None:
        """Read what a client is still sending of a refused body, within bounds.

        A proxy that cannot send on, since the connection is closed, may answer 502 in place of the
        answer that it has been given.
        """
        with suppress(OSError, ParseException):
            self.parser.finish_body(time.monotonic() + FIRST_BYTE_SECONDS, MAX_LINGER_BYTES)

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


class PunctualParser(RequestParser):
    mesg_class = StrictRequest

    def __init__(self, config: Any, source: socket.socket, address: Any, seconds: float) -> None:
        super().__init__(config, source, address)
        self.unreader = PunctualUnreader(source)
        self._seconds = seconds
        _limit_each_call(source, seconds)

    def __next__(self) -> Any:
        self.unreader.begin(self._seconds)
        return super().__next__()

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        if _is_read(self.mesg):
            return True
        if deadline is not None:
            deadline = min(deadline, time.monotonic() + FIRST_BYTE_SECONDS)
        return super().finish_body(deadline, max_bytes)


def _limit_each_call(sock: socket.socket, seconds: float) -> None:
    """By the kernel, once a connection.

    A time-out of Python's would be set and reset around each call: 7 system calls a request, each
    of which hands the interpreter's lock to another thread.
    """
    whole = int(seconds)
    limit = struct.pack("@ll", whole, int((seconds - whole) * 1_000_000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _is_read(request: Any) -> bool:
    """Whether nothing is left of the request's body: finding out otherwise costs four calls."""
    body = request and request.body
    return (
        body
        and not body.failed
        and isinstance(body.reader, LengthReader)
        and body.reader.length == 0
        and body.buf.tell() == 0
    )


class PunctualUnreader(SocketUnreader):
    _deadline = math.inf
    _begun = False

    def begin(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._begun = False

    def holds_data(self) -> bool:
        """Whether bytes were read ahead: these no longer make the socket readable."""
        return bool(self.buf.getvalue())

    def chunk(self, size_hint: int | None = None) -> bytes:
        try:
            if not self._begun:
                # Most requests arrive whole: the connection's own limit is enough for them.
                self._begun = True
                return super().chunk(size_hint)
            return self._chunk_in_time(size_hint)
        except (BlockingIOError, TimeoutError):
            raise NoMoreData from None

    def _chunk_in_time(self, size_hint: int | None) -> bytes:
        given = self.sock.gettimeout()
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NoMoreData
        self.sock.settimeout(left if given is None else min(left, given))
        try:
            return super().chunk(size_hint)
        finally:
            self.sock.settimeout(given)
