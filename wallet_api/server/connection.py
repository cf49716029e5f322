"""How long a thread of gunicorn waits for a client: gunicorn itself would wait for ever."""

import errno
import math
import socket
import struct
import time
from contextlib import suppress
from typing import Any

import gunicorn.http.parser
import gunicorn.util
import gunicorn.workers.gthread
from gunicorn.http.body import LengthReader
from gunicorn.http.errors import NoMoreData
from gunicorn.http.unreader import SocketUnreader

FIRST_BYTE_SECONDS = 0.1
"""Then the connection waits without a thread, as long as an idle one may."""

MAX_DRAIN_BYTES = 64 * 1024

# Kept: a reload installs again.
_write = gunicorn.util.write


def install(request_seconds: float) -> None:
    """A request takes so long at most, or it never was one; and so does each piece of an answer."""

    class PunctualParser(gunicorn.http.parser.RequestParser):
        def __init__(self, config: Any, source: socket.socket, address: Any) -> None:
            super().__init__(config, source, address)
            _limit_each_call(source, request_seconds)

        def __next__(self) -> Any:
            self.unreader.begin(request_seconds)
            return super().__next__()

        def finish_body(self, *limits: Any, **named_limits: Any) -> bool:
            return _is_read(self.mesg) or super().finish_body(*limits, **named_limits)

    gunicorn.http.RequestParser = PunctualParser
    gunicorn.http.parser.SocketUnreader = PunctualUnreader
    gunicorn.workers.gthread.DEFAULT_WORKER_DATA_TIMEOUT = FIRST_BYTE_SECONDS
    gunicorn.util.close_graceful = close_without_waiting
    gunicorn.util.write = write_in_time


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


def write_in_time(sock: socket.socket, data: bytes, chunked: bool = False) -> None:
    try:
        _write(sock, data, chunked)
    except BlockingIOError:
        raise BrokenPipeError(errno.EPIPE, "The client does not read.") from None


class PunctualUnreader(SocketUnreader):
    _deadline = math.inf
    _begun = False

    def begin(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._begun = False

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


def close_without_waiting(sock: socket.socket, *_: Any) -> None:
    """Close, having read what is there: unread bytes would reset the client's answer away.

    gunicorn's own waits 2 s for a client to close too, on the one thread that accepts them all.
    """
    with suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.setblocking(False)
        drained = 0
        while drained < MAX_DRAIN_BYTES and (data := sock.recv(8192)):
            drained += len(data)
    sock.close()
