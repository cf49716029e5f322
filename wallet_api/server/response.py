"""An answer of gunicorn's with its head and the first of its body in one segment."""

import errno
import socket
import time
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from gunicorn.http.wsgi import Response

SERVER = "wallet_api"
"""Which server this is concerns nobody outside."""


CHECKED = frozenset(
    {
        ("Content-Type", "application/json"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    }
)
"""Of nearly every answer."""

NUMBERS = frozenset({"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"})
"""The application writes a whole number there, and nothing else."""


class OneSegmentResponse(Response):
    """Sends the head together with what comes first of the body: one system call, one wake-up.

    Whatever the application gives as a body is sent by `write`, a file too. gunicorn's `sendfile`
    would overtake the head, and waits without a limit for a client that does not read.
    """

    headers_sent: bool

    unsent: bytes | memoryview = b""
    """What the client has had no room for yet."""

    right_to_answer: list[Any] | None = None
    """Its one item is taken before the first byte is sent. Where it is gone, somebody else has
    answered."""

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """As gunicorn's, which looks at each header by two patterns: a microsecond for each, where
        what it would find is known. (Without this method: the same answers.)"""
        known: list[tuple[str, str]] = []
        others: list[tuple[str, str]] = []
        for each in headers:
            (known if each[0] in NUMBERS or each in CHECKED else others).append(each)
        super().process_headers(others)
        self.headers.extend(known)

    def send_headers(self) -> None:
        """Not yet: with the first of the body, or at the end where there is none."""

    def close(self) -> None:
        self._send(b"0\r\n\r\n" if self.chunked else b"")
        if self._is_short():
            # The client waits for the rest, and would take the next answer for it.
            self.force_close()

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            data = b"%X\r\n%b\r\n" % (len(data), data)
        if data:
            self._send(data)

    def _send(self, data: bytes) -> None:
        if not self.headers_sent:
            self._claim()
            data = self._head() + data
            self.headers_sent = True
        if not data:
            return
        try:
            sent = self.sock.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self.unsent = memoryview(data)[sent:]

    def send_unsent(self) -> bool:
        """Whether the client had room for all of it. Raises OSError: the client is gone."""
        data, self.unsent = self.unsent, b""
        self._send(data)  # type: ignore[arg-type]
        return not self.unsent

    def _claim(self) -> None:
        if self.right_to_answer is not None:
            try:
                self.right_to_answer.pop()
            except IndexError:
                raise BrokenPipeError(errno.EPIPE, "It was answered without its thread.") from None

    def _head(self) -> bytes:
        if self.status is None:
            raise AssertionError("The application has not called start_response.")
        connection = "close" if self.should_close() else "keep-alive"
        major, minor = self.req.version
        lines = [
            f"HTTP/{major}.{minor} {self.status}\r\nServer: {SERVER}\r\n"
            f"Date: {_http_date(int(time.time()))}\r\nConnection: {connection}\r\n"
        ]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked\r\n")
        lines.extend([f"{name}: {value}\r\n" for name, value in self.headers])
        lines.append("\r\n")
        return "".join(lines).encode("latin-1")

    def _is_short(self) -> Any:
        promised = self.response_length
        return promised is not None and self.sent < promised and not self._omits_body


@lru_cache(maxsize=1)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)
