"""How long a thread of gunicorn waits for a client: gunicorn itself would wait for ever."""

import errno
import math
import socket
import time
from contextlib import suppress
from typing import Any

import gunicorn.http.parser
import gunicorn.util
import gunicorn.workers.gthread
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
        def __next__(self) -> Any:
            self.unreader.deadline = time.monotonic() + request_seconds
            return super().__next__()

    gunicorn.http.RequestParser = PunctualParser
    gunicorn.http.parser.SocketUnreader = PunctualUnreader
    gunicorn.workers.gthread.DEFAULT_WORKER_DATA_TIMEOUT = FIRST_BYTE_SECONDS
    gunicorn.util.close_graceful = close_without_waiting

    def write_in_time(sock: socket.socket, data: bytes, chunked: bool = False) -> None:
        sock.settimeout(request_seconds)
        try:
            _write(sock, data, chunked)
        except TimeoutError:
            raise BrokenPipeError(errno.EPIPE, "The client does not read.") from None
        finally:
            sock.settimeout(None)

    gunicorn.util.write = write_in_time


class PunctualUnreader(SocketUnreader):
    deadline = math.inf

    def chunk(self, size_hint: int | None = None) -> bytes:
        given = self.sock.gettimeout()
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise NoMoreData
        self.sock.settimeout(left if given is None else min(left, given))
        try:
            return super().chunk(size_hint)
        except TimeoutError:
            raise NoMoreData from None
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
