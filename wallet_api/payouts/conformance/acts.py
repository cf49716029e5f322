"""What a hostile gateway does with a request that it has read: each act by its name."""

import gzip
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from threading import Event

GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    """Path and query."""
    headers: Mapping[str, str]
    """Their names in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """As the gateway's own protocol has it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Act = Callable[[socket.socket, Event], bool]
"""Does it on the connection, until the event at the latest. True: the connection stays open."""


def says(response: Response) -> Act:
    """An answer as it should be."""

    def act(connection: socket.socket, over: Event) -> bool:
        connection.sendall(_head(response, len(response.body)) + response.body)
        return True

    return act


def closes(connection: socket.socket, over: Event) -> bool:
    """Without a byte."""
    return False


def resets(connection: socket.socket, over: Event) -> bool:
    """The connection, as a machine that has crashed does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hangs(connection: socket.socket, over: Event) -> bool:
    """Without a byte, and without an end."""
    over.wait()
    return False


def drips(response: Response, pause_seconds: float = 0.1) -> Act:
    """The answer as it should be, a byte at a time: no pause is long, and the whole is endless."""

    def act(connection: socket.socket, over: Event) -> bool:
        whole = _head(response, 10**6) + response.body
        for byte in whole:
            connection.sendall(bytes([byte]))
            if over.wait(pause_seconds):
                break
        over.wait()
        return False

    return act


def drips_its_body(response: Response, pause_seconds: float = 0.1) -> Act:
    """The head at once, and then spaces, which JSON allows before its end."""

    def act(connection: socket.socket, over: Event) -> bool:
        connection.sendall(_head(response, 10**6) + response.body)
        while not over.wait(pause_seconds):
            connection.sendall(b" ")
        return False

    return act


def cuts(response: Response) -> Act:
    """The answer in the middle, and closes."""

    def act(connection: socket.socket, over: Event) -> bool:
        connection.sendall(_head(response, len(response.body)))
        connection.sendall(response.body[: len(response.body) // 2])
        return False

    return act


def sends_a_gigabyte(response: Response) -> Act:
    """The answer as it should be, and after it spaces up to 1 GB."""

    def act(connection: socket.socket, over: Event) -> bool:
        connection.sendall(_head(response, GIGABYTE) + response.body)
        left = GIGABYTE - len(response.body)
        piece = b" " * 65_536
        while left > 0 and not over.is_set():
            connection.sendall(piece[:left])
            left -= len(piece)
        return False

    return act


def sends_a_bomb(response: Response) -> Act:
    """1 MB of gzip: the answer as it should be, and after it spaces up to 1 GB."""

    def act(connection: socket.socket, over: Event) -> bool:
        bomb = gzip.compress(response.body) + _spaces()
        packed = Response(response.status, b"", {**response.headers, "Content-Encoding": "gzip"})
        connection.sendall(_head(packed, len(bomb)) + bomb)
        return True

    return act


def sends_an_endless_head(connection: socket.socket, over: Event) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    line = b"X-More: " + b"a" * 1000 + b"\r\n"
    while not over.is_set():
        connection.sendall(line)
    return False


def sends_noise(noise: bytes) -> Act:
    """Bytes that need not be HTTP."""

    def act(connection: socket.socket, over: Event) -> bool:
        connection.sendall(noise)
        return False

    return act


def waits_and_says(seconds: float, response: Response) -> Act:
    def act(connection: socket.socket, over: Event) -> bool:
        over.wait(seconds)
        return says(response)(connection, over)

    return act


def http_date(in_seconds: float) -> str:
    """As Retry-After may have it."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + in_seconds))


def _head(response: Response, length: int) -> bytes:
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(length),
        **response.headers,
    }
    lines = [f"HTTP/1.1 {response.status} Said", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@cache
def _spaces() -> bytes:
    """1 GB of them, in members of gzip, which may stand one after the other."""
    member = gzip.compress(b" " * 1_000_000)
    return member * (GIGABYTE // 1_000_000)
