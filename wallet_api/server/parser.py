"""How a request is read: as far as it has come, and without a thread that waits for the rest."""

import io
import math
import select
import socket
import struct
import time
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any

import gunicorn_h1c  # noqa: F401  gunicorn would with the first request: too late for a full worker
from gunicorn.http.body import LengthReader
from gunicorn.http.errors import NoMoreData
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader

from wallet_api.server.request import StrictRequest

NEXT_PIECE_MS = 10
"""How long a thread waits for the next piece of a request, while no other request waits for it."""

DRAIN_SECONDS = 0.1
"""How long a thread reads what is left of a body that nobody wants."""

MAX_AWAITED_BYTES = 64 * 1024
"""A body up to this long is there before the application is called. Nobody may send a longer one,
but its refusal need not wait for it."""


class ClientLimits:
    """How long the threads of a worker wait for its clients."""

    def __init__(self, seconds: float, slow: int, is_crowded: Callable[[], bool]) -> None:
        self.seconds = seconds
        """For a whole request, or for each piece of an answer."""
        self.slow = BoundedSemaphore(slow)
        """So many threads at once wait for the rest of a long body."""
        self.is_crowded = is_crowded
        """Whether other requests wait for a thread."""


class NotWhole(NoMoreData):
    """The rest of the request has not come yet. What has come is read again, with the rest."""


class PunctualParser(RequestParser):
    mesg_class = StrictRequest
    mesg: Any

    is_put_back = False
    """Whether another thread is to read the request."""

    not_whole = False
    """Whether the last call raised NotWhole."""

    def __init__(
        self, config: Any, source: socket.socket, address: Any, limits: ClientLimits
    ) -> None:
        super().__init__(config, source, address)
        self.unreader = PunctualUnreader(source, limits)
        _limit_each_call(source, limits.seconds)

    def __next__(self) -> Any:
        """The next request, with its body unless that is long. Raises NotWhole."""
        if self.mesg and not self.finish_body():
            # Before `begin`: what is left of one request must never be read again as another.
            raise StopIteration
        self.not_whole = False
        self.is_put_back = False
        self._before, unreader = self.mesg, self.unreader
        unreader.begin()
        try:
            request = super().__next__()
            unreader.await_body(request)
        except NotWhole:
            self.put_back()
            self.not_whole, self.is_put_back = True, False
            raise
        unreader.end()
        return request

    def put_back(self) -> None:
        """The present request is to be read again, from its beginning."""
        self.unreader.put_back()
        self.mesg, self.is_put_back = self._before, True
        self.req_count -= 1

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        if _is_read(self.mesg):
            return True
        if deadline is not None:
            deadline = min(deadline, time.monotonic() + DRAIN_SECONDS)
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
    """Reads without waiting until the request is whole; the rest of a long body within bounds."""

    began = 0.0
    """When a thread began to read the present request (time.monotonic)."""

    deadline = math.inf
    """Until when the present request must have come."""

    def __init__(self, sock: socket.socket, limits: ClientLimits) -> None:
        super().__init__(sock)
        self._limits = limits
        self._taken: list[bytes] = []
        """What has been read of the request, until it is whole."""
        self._is_whole = True
        self._is_new = True

    def begin(self) -> None:
        self.began = time.monotonic()
        if self._is_new:
            self.deadline = self.began + self._limits.seconds
            self._is_new = False
        self._is_whole, self._taken = False, []
        if self.holds_data():
            self._taken.append(self.buf.getvalue())

    def end(self) -> None:
        self._is_whole = self._is_new = True

    def put_back(self) -> None:
        self.buf = io.BytesIO(b"".join(self._taken))

    def holds_data(self) -> bool:
        """Whether bytes were read ahead: these no longer make the socket readable."""
        return bool(self.buf.getvalue())

    def await_body(self, request: Any) -> None:
        """Read ahead what has come of the body. Raises NotWhole."""
        reader = request.body.reader
        if not isinstance(reader, LengthReader) or reader.length > MAX_AWAITED_BYTES:
            return
        missing = reader.length - len(self.buf.getvalue())
        if missing <= 0 or any(name == "EXPECT" for name, _ in request.headers):
            return
        self.buf.seek(0, io.SEEK_END)
        while missing > 0 and (data := self._read_now(missing)):
            self.buf.write(data)
            missing -= len(data)

    def chunk(self, size_hint: int | None = None) -> bytes:
        if not self._is_whole:
            return self._read_now(self.mxchunk)
        try:
            return self._read_in_time(max(size_hint or 0, self.mxchunk))
        except (BlockingIOError, TimeoutError):
            raise NoMoreData from None

    def _read_now(self, size: int) -> bytes:
        try:
            data = self.sock.recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            if self._limits.is_crowded() or not self._is_readable_within(NEXT_PIECE_MS / 1000):
                raise NotWhole from None
            data = self.sock.recv(size, socket.MSG_DONTWAIT)
        self._taken.append(data)
        return data

    def _read_in_time(self, size: int) -> bytes:
        size = min(size, self.max_body_chunk)
        try:
            return self.sock.recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
        limit = self.sock.gettimeout()
        left = self.deadline - time.monotonic()
        left = left if limit is None else min(left, limit)
        if left <= 0 or not self._limits.slow.acquire(blocking=False):
            raise NoMoreData
        try:
            if not self._is_readable_within(left):
                raise NoMoreData
        finally:
            self._limits.slow.release()
        return self.sock.recv(size, socket.MSG_DONTWAIT)

    def _is_readable_within(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(math.ceil(seconds * 1000)))
