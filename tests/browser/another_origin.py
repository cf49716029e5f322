"""A page of another origin than the service's, and what it reads of the service's answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from playwright.sync_api import Page

_POST = """async ([address, body, headers]) => {
  const answer = await fetch(address, {
    method: "POST",
    headers: {"Content-Type": "application/json", ...headers},
    body: JSON.stringify(body),
  });
  return [answer.status, await answer.json(), Object.fromEntries(answer.headers)];
}"""


class _EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = b"<!doctype html><link rel=icon href=data:,><title>another origin</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def another_origin() -> Iterator[str]:
    """The address of a server of its own, which has one empty page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _EmptyPage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Read(NamedTuple):
    """What the browser lets the page have of an answer; header names are in lower case."""

    status: int
    body: Any
    headers: dict[str, str]


class Caller:
    """A page that calls the service at `site` by fetch."""

    def __init__(self, page: Page, origin: str, site: str) -> None:
        page.goto(origin)
        self._page, self._site = page, site

    def post(self, path: str, body: Any, **headers: str) -> Read:
        """Raises playwright's Error where the browser refuses the call or the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Read(*self._page.evaluate(_POST, [self._site + path, body, named]))
