"""Bytes to the socket as an attacker writes them, and the answers that come back."""

import socket
from contextlib import suppress
from typing import NamedTuple

ANSWER_SECONDS = 20
"""Longer than the service keeps an idle connection."""

Port = int


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def request(
    method: str, target: str, *headers: str, body: bytes = b"", host: str | None = "localhost"
) -> bytes:
    """A request line, these header lines and nothing that was not asked for but a Host."""
    lines = [f"{method} {target} HTTP/1.1", *([f"Host: {host}"] if host is not None else [])]
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


def connect(port: Port) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)


def exchange(port: Port, sent: bytes, *, to_head: bool = False) -> list[Answer]:
    """Send it, say that no more will come, and read until the service closes the connection."""
    with connect(port) as client:
        # A service that has refused reads no further, and may reset what is still being sent.
        with suppress(OSError):
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
        return answers(received(client), to_head=to_head)


def received(client: socket.socket) -> bytes:
    """All that comes until the connection is closed, be it by a reset."""
    parts = []
    with suppress(ConnectionError):
        while part := client.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answers(raw: bytes, *, to_head: bool = False) -> list[Answer]:
    """Every answer in it. What is no HTTP answer fails the test."""
    found = []
    while raw:
        head, end, rest = raw.partition(b"\r\n\r\n")
        assert end, f"no end of the head: {raw!r}"
        status_line, *lines = head.decode("latin-1").split("\r\n")
        version, status, _ = status_line.split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), status_line
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        if status == "100":
            raw = rest
            continue
        body, raw = (b"", rest) if to_head else _body(headers, rest)
        found.append(Answer(int(status), headers, body))
    return found


def _body(headers: dict[str, str], rest: bytes) -> tuple[bytes, bytes]:
    if "content-length" in headers:
        length = int(headers["content-length"])
        return rest[:length], rest[length:]
    if headers.get("transfer-encoding") != "chunked":
        return rest, b""
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body, rest = body + rest[:length], rest[length + 2 :]
        if length == 0:
            return body, rest


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))
