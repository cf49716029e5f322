"""What gunicorn lets pass although a request that is read in two ways can move money twice."""

import re
from typing import Any

from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import InvalidHeader, LimitRequestLine, ParseException
from gunicorn.http.message import Request

MAX_START_BYTES = 8192

MAX_LEFT_BYTES = 32 * 1024
"""So much of a body is read after its answer, to find the next request. gunicorn gives up at
twice as much."""

# RFC 9112, section 3.2, with RFC 3986's uri-host: a name or an address, and a port or none.
_HOST = re.compile(r"(?:[\w.~!$&'()*+,;=%-]*|\[[\w:.]+\])(?::\d*)?", re.ASCII)


class StrictRequest(Request):
    """A request with one Host, a request line within its limit, and its repeated headers named."""

    repeated_headers: tuple[str, ...] = ()
    """Those that came more than once, in lower case: the application sees them joined by commas."""

    _read: bytes | bytearray = b""
    _closes = False

    def __init__(self, config: Any, unreader: Any, peer: Any, number: int = 1) -> None:
        try:
            super().__init__(config, unreader, peer, number)
            self._look_at_headers()
        except ParseException as error:
            # Whoever answers it needs the request line, and there is no request to ask for it.
            error.start = bytes(self._read[:MAX_START_BYTES])
            raise

    def read_into(self, unreader: Any, buf: bytearray, stop: bool = False) -> None:
        super().read_into(unreader, buf, stop)
        self._read = buf
        # The C parser waits for the line's end, be it half a megabyte away.
        limit = self.limit_request_line
        if 0 < limit < len(buf) and b"\n" not in buf[: limit + 3]:
            raise LimitRequestLine(len(buf), limit)

    def should_close(self) -> bool:
        """As asked for, also in a list (`Connection: close, TE`), which gunicorn does not read.

        And where too much of the body is left unread. Were the connection said to be kept, a proxy
        would send somebody's next request on it while it is being closed, and answer 502.
        """
        return self.must_close or self._closes or self._leaves_much_unread()

    def _leaves_much_unread(self) -> bool:
        reader = self.body.reader
        if isinstance(reader, LengthReader):
            return reader.length > MAX_LEFT_BYTES
        # How much is still to come, chunks tell with the last one only.
        return isinstance(reader, ChunkedReader) and reader.parser is not None

    def _look_at_headers(self) -> None:
        headers = dict(self.headers)
        if len(headers) < len(self.headers):
            names = [name for name, _ in self.headers]
            self.repeated_headers = tuple(
                sorted(name.lower() for name in headers if names.count(name) > 1)
            )
        host = headers.get("HOST")
        if not _HOST.fullmatch(host or "") or (host is None and self.version > (1, 0)):
            raise InvalidHeader("HOST", req=self)
        self._closes = self._client_closes(headers.get("CONNECTION"))

    def _client_closes(self, connection: str | None) -> bool:
        kept_alive_unasked = self.version > (1, 0)
        if self.method == "CONNECT" or connection is None:
            return self.method == "CONNECT" or not kept_alive_unasked
        asked = {
            option.strip().lower()
            for name, value in self.headers
            if name == "CONNECTION"
            for option in value.split(",")
        }
        return "close" in asked or not (kept_alive_unasked or "keep-alive" in asked)
