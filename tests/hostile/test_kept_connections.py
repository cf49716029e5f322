"""A connection that is said to be kept open is kept open, and one that is closed is said to be."""

import socket

import pytest

from tests.hostile.conftest import Account
from tests.hostile.strict_wire import StrictAnswer, first_answer
from tests.hostile.wire import chunked, connect, received, request

NEXT = request("GET", "/healthz", "Connection: close")
JSON = "Content-Type: application/json"
KIB = 1024


def refused_with(answered: socket.socket) -> StrictAnswer:
    raw = b""
    while b"\r\n\r\n" not in raw or len(first_answer(raw)[0].body) < length_of(raw):
        part = answered.recv(65536)
        assert part, raw
        raw += part
    return first_answer(raw)[0]


def length_of(raw: bytes) -> int:
    head = raw.partition(b"\r\n\r\n")[0].lower()
    return int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])


BODIES = {
    "none": 0,
    "small": 100,
    "as large as may be": 64 * KIB,
    "a byte too large": 64 * KIB + 1,
    "too large": 200 * KIB,
}


@pytest.mark.parametrize("framed", ["by its length", "in chunks"])
@pytest.mark.parametrize("size", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/wallets/deposit", "/nowhere", "/wallets"])
@pytest.mark.parametrize("known", [True, False], ids=["with a token", "without a token"])
def test_what_is_said_of_the_connection_is_true(
    account: Account, known: bool, path: str, size: int, framed: str
) -> None:
    body = b"x" * size
    framing = f"Content-Length: {size}"
    if framed == "in chunks":
        framing, body = "Transfer-Encoding: chunked", chunked(body) if size else b"0\r\n\r\n"
    token = [account.authorization] if known else []

    with connect(account.port) as client:
        client.sendall(request("POST", path, *token, JSON, framing, body=body))
        refused = refused_with(client)
        if not refused.closes:
            client.sendall(NEXT)
        then = received(client)

    assert 400 <= refused.status < 500
    assert (then == b"") if refused.closes else (first_answer(then)[0].status == 200)


@pytest.mark.parametrize("path", ["/wallets/deposit", "/nowhere"])
def test_a_refusal_of_an_ordinary_request_keeps_the_connection(account: Account, path: str) -> None:
    """A new one for each refusal would cost a proxy more than the request."""
    with connect(account.port) as client:
        for authorization in ("Authorization: Bearer x", account.authorization):
            sent = request("POST", path, authorization, JSON, "Content-Length: 2", body=b"{}")
            client.sendall(sent)

            assert not refused_with(client).closes
