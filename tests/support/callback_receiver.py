"""Where a gateway's callbacks go in a test: each is kept as it came, with the time."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.support.payout_simulator import eventually

CALLBACK_SECRET = base64.b64decode("c2ltdWxhdG9yLXNlY3JldC1vZi1ub2JvZHktZWxzZQ==")
OLD_CALLBACK_SECRET = base64.b64decode("dGhlLXNlY3JldC1vZi1iZWZvcmUtaXQtd2FzLWNoYW5nZWQ=")
WEBHOOK_SECRET = b"simulator-webhook-secret"
OLD_WEBHOOK_SECRET = b"simulator-webhook-secret-of-before"


@dataclass(frozen=True)
class Callback:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    """Of a monotonic clock."""

    @property
    def id(self) -> str:
        return self.headers.get("webhook-id") or self.headers["x-razorpay-event-id"]

    @property
    def data(self) -> dict[str, Any]:
        """The payout that it is about."""
        told = json.loads(self.body)
        return told["data"] if "data" in told else told["payload"]["payout"]["entity"]

    def is_signed_with(self, secret: bytes) -> bool:
        """By the rules of Standard Webhooks, or of Razorpay."""
        if signature := self.headers.get("x-razorpay-signature"):
            return signature == hmac.new(secret, self.body, hashlib.sha256).hexdigest()
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
        return self.headers["webhook-signature"] == f"v1,{expected}"


@dataclass
class Receiver:
    url: str
    came: list[Callback] = field(default_factory=list)
    status: int = 204
    """What it answers."""

    def about(self, reference: str) -> list[Callback]:
        return [
            each
            for each in list(self.came)
            if reference in (each.data.get("reference"), each.data.get("reference_id"))
        ]


def told(receiver: Receiver, reference: str, number: int) -> list[Callback]:
    """The first so many about the reference, once they are there."""
    return eventually(
        lambda: came[:number] if len(came := receiver.about(reference)) >= number else None
    )


def statuses(callbacks: list[Callback]) -> list[str]:
    return [each.data["status"] for each in callbacks]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """On a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.came.append(Callback(self.path, headers, body, time.monotonic()))
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
