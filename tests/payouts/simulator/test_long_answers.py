"""Answers without an end: a gigabyte, a bomb, a drip. None of them costs the simulator memory."""

import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.payout_simulator import TOKEN, Http, started

MEGABYTE = 1024 * 1024


def paid(client: Http, reference: str) -> int:
    return sum(entry["timesPaid"] for entry in client.entries(reference))


@contextmanager
def submitting(address: str, reference: str) -> Iterator[socket.socket]:
    """A socket with the request sent, and the answer to be read."""
    where = urlsplit(address)
    body = (
        f'{{"reference":"{reference}","amountMinor":10050,"currency":"INR",'
        '"destination":"x","createdAt":"2026-11-26T00:00:00.000Z"}'
    )
    head = (
        f"POST /payouts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Idempotency-Key: {reference}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((where.hostname, where.port), 5) as connection:
        connection.sendall((head + body).encode())
        yield connection


def test_a_gigabyte_is_sent_and_never_held_in_memory(reference: str) -> None:
    with started("--behaviours", "answers_1_gb") as program:
        with submitting(program.address, reference) as connection:
            received = 0
            while received < 1024 * MEGABYTE and (piece := connection.recv(MEGABYTE)):
                received += len(piece)

        assert received >= 1024 * MEGABYTE
        assert peak_memory_of(program.pid) < 100 * MEGABYTE
        assert paid(Http(program.address), reference) == 1


def peak_memory_of(pid: int) -> int:
    """Bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_a_gzip_bomb_is_small_on_the_wire_and_a_gigabyte_in_the_end(
    address: str, http: Http, reference: str
) -> None:
    http.behave(reference, "answers_gzip_bomb")

    answer = http.submit(reference)

    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < 2 * MEGABYTE
    member = answer.body[: len(answer.body) // 1024]
    assert answer.body == member * 1024
    assert len(zlib.decompress(member, wbits=31)) == MEGABYTE
    assert paid(http, reference) == 1


def test_a_drip_is_a_byte_each_half_second(address: str, http: Http, reference: str) -> None:
    http.behave(reference, "drips")

    with submitting(address, reference) as connection:
        arrivals = []
        for _ in range(3):
            assert len(connection.recv(1024)) == 1
            arrivals.append(time.monotonic())

    assert 0.8 < arrivals[-1] - arrivals[0] < 2
    assert paid(http, reference) == 1
