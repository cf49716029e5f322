"""Clients that take their time: they hold up nobody else for long, and nothing of theirs moves."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urljoin

import pytest

from tests.hostile.conftest import THREADS, Account
from tests.hostile.wire import answers, connect, received, request

pytestmark = pytest.mark.lengthy

DEPOSIT = b'{"amount": 1}'
HEALTH = request("GET", "/healthz", "Connection: close")
MORE_THAN_THREADS = 2 * THREADS
MANY = 60


@contextmanager
def clients(
    port: int, each_sends: bytes, number: int = MORE_THAN_THREADS
) -> Iterator[list[socket.socket]]:
    """Each of them has sent this, and stays."""
    with ExitStack() as closing:
        found = [closing.enter_context(connect(port)) for _ in range(number)]
        for client in found:
            client.sendall(each_sends)
        yield found


def assert_served(port: int, times: int = 4) -> None:
    """Somebody else's requests are answered, be it after the slow ones are given up."""
    for _ in range(times):
        with connect(port) as client:
            client.sendall(HEALTH)
            assert [answer.status for answer in answers(received(client))] == [200]


@pytest.mark.parametrize("missing", ["half the head", "the body", "the last byte"])
def test_clients_that_never_finish_do_not_keep_the_service_from_others(
    account: Account, missing: str
) -> None:
    whole = account.written("POST", "/wallets/deposit", DEPOSIT)
    cut = {"half the head": 30, "the body": len(whole) - len(DEPOSIT)}
    sent = whole[: cut.get(missing, len(whole) - 1)]

    with clients(account.port, sent):
        assert_served(account.port)

    account.assert_nothing_moved()


def test_clients_that_send_a_byte_now_and_then_do_not_either(account: Account) -> None:
    whole = account.written("POST", "/wallets/deposit", DEPOSIT)
    with clients(account.port, whole[:30]) as slow:
        until = time.monotonic() + 3
        sent = 30
        while time.monotonic() < until and sent < len(whole) - 1:
            for client in slow:
                with suppress(ConnectionError):
                    client.sendall(whole[sent : sent + 1])
            sent += 1
            time.sleep(0.2)

        assert_served(account.port)

    account.assert_nothing_moved()


@pytest.mark.parametrize("sent", [b"", HEALTH, b"nonsense\r\n\r\n"])
def test_clients_that_only_stay_do_not_keep_the_service_from_others(
    account: Account, sent: bytes
) -> None:
    with clients(account.port, sent, MANY):
        assert_served(account.port)

    account.assert_nothing_moved()


@pytest.mark.parametrize("fetched", ["/openapi.json", "an asset"])
def test_clients_that_never_read_do_not_keep_the_service_from_others(
    account: Account, fetched: str
) -> None:
    # More than the buffers between here and there hold.
    times, target = (200, fetched) if fetched.startswith("/") else (10, bundle(account))
    with clients(account.port, account.written("GET", target) * times):
        time.sleep(2)
        assert_served(account.port)

    account.assert_nothing_moved()


def test_a_client_that_reads_too_slowly_does_not_get_the_end(account: Account) -> None:
    assert not got_all(account, bytes_at_once=512)


def test_a_client_that_pauses_while_it_reads_gets_all(account: Account) -> None:
    assert got_all(account, bytes_at_once=1 << 20)


def got_all(account: Account, *, bytes_at_once: int) -> bool:
    """Whether a client that reads so much four times a second, and after four seconds as fast as it
    can, gets more than the buffers between here and there hold."""
    target, times = bundle(account), 10
    last = account.written("GET", target, None, "Connection: close")
    with connect(account.port) as client:
        client.sendall(account.written("GET", target) * (times - 1) + last)
        got = b""
        for _ in range(16):
            time.sleep(0.25)
            wanted = len(got) + bytes_at_once
            while len(got) < wanted and (part := client.recv(wanted - len(got))):
                got += part
        got += received(client)
    return got.count(b"SwaggerUI})(),i=i.default})()") == times


def bundle(account: Account) -> str:
    """The largest file that the service has, of more than a megabyte."""
    page = account.call("GET", "/docs").body.decode()
    found = re.search(r'src="([^"]*swagger-ui-bundle\.js)"', page)
    assert found, page
    return urljoin("/docs", found[1])


def test_a_request_that_comes_in_pieces_is_a_request(account: Account) -> None:
    whole = account.written("POST", "/wallets/deposit", DEPOSIT, "Connection: close")

    with connect(account.port) as client:
        for start in range(0, len(whole), 40):
            client.sendall(whole[start : start + 40])
            time.sleep(0.01)
        found = answers(received(client))

    assert [answer.status for answer in found] == [200]
    assert account.balance_cents() == account.FUNDED_CENTS + 100
