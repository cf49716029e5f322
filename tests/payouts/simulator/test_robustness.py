"""Clients that break HTTP, stop halfway or come in floods do not stop the others."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.support.payout_simulator import TOKEN, Http, eventually, running
from wallet_api.payouts.simulator.options import Options
from wallet_api.payouts.simulator.program import InThread
from wallet_api.payouts.simulator.wire.messages import json_reply
from wallet_api.payouts.simulator.wire.server import Server


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running("--control") as address:
        yield address


def connected(address: str) -> socket.socket:
    where = urlsplit(address)
    return socket.create_connection((where.hostname, where.port), 5)


def answered(address: str, sent: bytes) -> bytes:
    """All that comes until the simulator closes the connection."""
    with connected(address) as connection:
        connection.sendall(sent)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


def submission(reference: str, connection: str = "keep-alive") -> bytes:
    body = (
        f'{{"reference":"{reference}","amountMinor":1,"currency":"INR","destination":"x",'
        '"createdAt":"2026-11-26T00:00:00.000Z"}'
    ).encode()
    head = (
        f"POST /payouts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Idempotency-Key: {reference}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {connection}\r\n\r\n"
    )
    return head.encode() + body


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST /payouts HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 200_000 + b"\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
    ids=["no HTTP", "a long body", "a long header", "a negative length"],
)
def test_what_breaks_http_is_refused_and_cut_off(address: str, sent: bytes, status: bytes) -> None:
    assert answered(address, sent).split()[1] == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 60_000], ids=repr)
def test_a_body_that_is_no_object_is_a_400(address: str, body: bytes) -> None:
    answer = Http(address).ask("POST", "/payouts", body, Idempotency_Key="wd1")

    assert answer.status == 400


def test_two_requests_in_one_piece_get_two_answers_in_order(address: str) -> None:
    first, second = submission("wdfirst"), submission("wdsecond", connection="close")

    received = answered(address, first + second)

    assert received.count(b"HTTP/1.1 201") == 2
    assert received.index(b"wdfirst") < received.index(b"wdsecond")


def test_a_request_may_come_byte_by_byte(address: str) -> None:
    with connected(address) as connection:
        for byte in submission("wdslow"):
            connection.sendall(bytes([byte]))

        assert connection.recv(65536).startswith(b"HTTP/1.1 201")


def test_a_body_may_come_in_chunks(address: str) -> None:
    whole = submission("wdchunks", connection="close")
    head, _, body = whole.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    lines.append(b"Transfer-Encoding: chunked")
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    assert answered(address, b"\r\n".join(lines) + b"\r\n\r\n" + chunks).split()[1] == b"201"


def test_half_requests_of_a_thousand_clients_stop_nobody(address: str, reference: str) -> None:
    with ExitStack() as held:
        for _ in range(1000):
            connection = held.enter_context(connected(address))
            connection.sendall(b"POST /payouts HTTP/1.1\r\nHost: x\r\nContent-Len")

        answer = Http(address).submit(reference)

    assert answer.status == 201


def test_with_too_many_clients_the_one_that_is_idle_longest_is_cut_off() -> None:
    async def scenario() -> tuple[bytes, bytes, bytes]:
        server = Server(lambda _: json_reply(200, {}), max_connections=3)
        listening = await server.listen("127.0.0.1", 0)
        host, port = listening.sockets[0].getsockname()
        silent = [await asyncio.open_connection(host, port) for _ in range(3)]
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        oldest = await asyncio.wait_for(silent[0][0].read(), 5)
        silent[2][1].write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        latest = await asyncio.wait_for(silent[2][0].read(), 5)
        listening.close()
        await server.close()
        return answer, oldest, latest

    answer, oldest, latest = asyncio.run(scenario())

    assert answer.startswith(b"HTTP/1.1 200")
    assert oldest == b""
    assert latest.startswith(b"HTTP/1.1 200")


def test_a_simulator_in_a_thread_of_this_process_serves_and_ends(reference: str) -> None:
    threads = threading.active_count()

    with InThread(Options()) as address:
        status = Http(address).submit(reference).status

    assert status == 201
    eventually(lambda: threading.active_count() <= threads)
    with pytest.raises(OSError, match="refused"):
        connected(address)


def test_those_who_do_not_wait_for_their_answers_stop_nobody(address: str, reference: str) -> None:
    for number in range(300):
        with connected(address) as connection:
            connection.sendall(submission(f"wdgone{number}"))

    assert Http(address).submit(reference).status == 201


def test_a_page_shows_what_is_no_html_as_it_is(address: str) -> None:
    evil = "<script>alert(1)</script>"
    http = Http(address)
    http.submit(evil)

    page = http.ask("GET", "/").body.decode()

    assert evil not in page
    assert "&lt;script&gt;alert(1)" in page
