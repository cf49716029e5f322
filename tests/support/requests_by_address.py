"""Requests over a socket from addresses of this machine, each of which is a client of its own."""

import http.client
import json
from dataclasses import dataclass
from itertools import count
from typing import Any

_numbers = count(1)


@dataclass(frozen=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: Any


def new_address() -> str:
    """On this machine, and nobody's yet. Not a proxy's."""
    number = next(_numbers)
    return f"127.2.{number // 250}.{number % 250 + 1}"


def call(
    port: int,
    method: str,
    path: str,
    body: Any = None,
    address: str = "127.0.0.9",
    **headers: str,
) -> Answered:
    client = http.client.HTTPConnection("127.0.0.1", port, 60, source_address=(address, 0))
    try:
        raw = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client.request(method, path, raw, {"Content-Type": "application/json", **named})
        answer = client.getresponse()
        return Answered(answer.status, dict(answer.getheaders()), json.loads(answer.read()))
    finally:
        client.close()


def nothing_to_refresh(port: int, address: str, *forwarded: str) -> Answered:
    """A request without a user: it counts for its address, and does not ask the database."""
    hops = {"X_Forwarded_For": ", ".join(forwarded)} if forwarded else {}
    return call(port, "POST", "/auth/refresh", {}, address, **hops)
