"""gunicorn without the work that this service never needs, on every request."""

from functools import lru_cache

import gunicorn.http.wsgi
import gunicorn.util
from gunicorn.config import Config
from gunicorn.http.wsgi import Response, base_environ
from gunicorn.util import http_date


def install(config: Config) -> None:
    """In a worker, once its configuration is settled."""
    constants = base_environ(config)
    gunicorn.http.wsgi.base_environ = lambda _: dict(constants)
    gunicorn.http.wsgi.Response = OneSegmentResponse
    gunicorn.util.http_date = lambda: _http_date(int(gunicorn.util.time.time()))
    # As plain attributes: a request reads some twenty, each by a method that calls two others.
    vars(config).update({name: setting.get() for name, setting in config.settings.items()})


class OneSegmentResponse(Response):
    """Sends the head together with what comes first of the body: one system call, one wake-up."""

    headers_sent: bool
    _head = b""

    def send_headers(self) -> None:
        if not self.headers_sent:
            self.headers_sent = True
            lines = self.default_headers()
            lines.extend([f"{name}: {value}\r\n" for name, value in self.headers])
            self._head = ("".join(lines) + "\r\n").encode("latin-1")

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            data = b"%X\r\n%b\r\n" % (len(data), data)
        self._send(data)

    def close(self) -> None:
        self.send_headers()
        self._send(b"")
        super().close()

    def _send(self, data: bytes) -> None:
        head, self._head = self._head, b""
        if head or data:
            gunicorn.util.write(self.sock, head + data)


@lru_cache(maxsize=1)
def _http_date(second: int) -> str:
    date: str = http_date(second)
    return date
