"""However a client cuts its bytes, each request is read once, from its beginning to its end."""

import json
import time
from contextlib import suppress

import pytest

from tests.hostile.conftest import PASSWORD, REQUEST_SECONDS, Account
from tests.hostile.test_slow_clients import DEPOSIT, MORE_THAN_THREADS, assert_served, clients
from tests.hostile.wire import Answer, answers, connect, received, request

PAUSE_SECONDS = 0.03
"""Longer than a thread waits for the next piece."""


def login(account: Account) -> bytes:
    body = json.dumps({"email": account.email, "password": PASSWORD}).encode()
    framing = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    return request("POST", "/auth/login", *framing, body=body)


def pipeline(account: Account) -> bytes:
    """Four requests: one of them goes to threads of its own, and the last says goodbye."""
    return (
        account.written("POST", "/wallets/deposit", DEPOSIT)
        + login(account)
        + account.written("POST", "/wallets/deposit", DEPOSIT)
        + request("GET", "/healthz", "Connection: close")
    )


def sent_in(account: Account, pieces: list[bytes]) -> list[Answer]:
    with connect(account.port) as client:
        for number, piece in enumerate(pieces):
            time.sleep(PAUSE_SECONDS if number else 0)
            client.sendall(piece)
        return answers(received(client))


def assert_each_was_read_once(account: Account, found: list[Answer], deposits: int = 2) -> None:
    assert [answer.status for answer in found] == [200, 200, 200, 200]
    assert "token" in json.loads(found[1].body)
    assert json.loads(found[3].body) == {"status": "ok"}
    assert account.balance_cents() == account.FUNDED_CENTS + deposits * 100


def test_requests_that_come_together_are_answered_in_their_order(account: Account) -> None:
    found = sent_in(account, [pipeline(account)])

    assert_each_was_read_once(account, found)


def test_requests_are_read_once_wherever_they_are_cut(account: Account) -> None:
    whole = pipeline(account)
    cuts = range(1, len(whole), 61)

    for number, cut in enumerate(cuts, start=1):
        found = sent_in(account, [whole[:cut], whole[cut:]])

        assert_each_was_read_once(account, found, 2 * number)


def test_a_login_is_one_however_its_path_is_written(account: Account) -> None:
    written = login(account).replace(b"/auth/login", b"/auth/l%6Fgin", 1)

    (answer,) = sent_in(
        account, [written.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)]
    )

    assert answer.status == 200


def test_requests_that_come_in_many_pieces_are_read_once(account: Account) -> None:
    whole = pipeline(account)

    found = sent_in(account, [whole[at : at + 97] for at in range(0, len(whole), 97)])

    assert_each_was_read_once(account, found)


@pytest.mark.parametrize(
    "more", [("Expect: 100-continue", "Content-Length: 9"), ("Transfer-Encoding: chunked",)]
)
def test_bodies_that_are_waited_for_keep_the_service_from_nobody(
    account: Account, more: tuple[str, ...]
) -> None:
    framing = ("Content-Type: application/json", *more)
    head = request("POST", "/wallets/deposit", account.authorization, *framing)

    with clients(account.port, head, MORE_THAN_THREADS):
        since = time.monotonic()
        assert_served(account.port)
        took = time.monotonic() - since

    assert took < REQUEST_SECONDS
    account.assert_nothing_moved()


@pytest.mark.lengthy
def test_a_request_has_its_time_from_its_first_byte_however_often_one_comes(
    account: Account,
) -> None:
    whole = account.written("POST", "/wallets/deposit", DEPOSIT)

    with connect(account.port) as client:
        since = time.monotonic()
        with suppress(ConnectionError):
            for byte in whole[:-1]:
                client.sendall(bytes([byte]))
                time.sleep(0.05)
                if time.monotonic() - since > 3 * REQUEST_SECONDS:
                    break
            client.sendall(whole[-1:])
        found = answers(received(client))

    assert found == []
    account.assert_nothing_moved()
