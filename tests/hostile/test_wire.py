"""Requests whose framing lies: one connection never carries a request that nobody sent."""

import pytest

from tests.hostile.conftest import Account
from tests.hostile.wire import chunked, exchange, request

JSON = "Content-Type: application/json"
DEPOSIT = b'{"amount": 1}'


def deposit(account: Account, *headers: str, body: bytes, method: str = "POST") -> bytes:
    return request(method, "/wallets/deposit", account.authorization, JSON, *headers, body=body)


def smuggled(account: Account) -> bytes:
    """A whole deposit, hidden where another reader of the same bytes would find a request."""
    return deposit(account, f"Content-Length: {len(DEPOSIT)}", body=DEPOSIT)


LYING_FRAMES = {
    "a length and chunks": ("Content-Length: 5", "Transfer-Encoding: chunked"),
    "chunks and a length": ("Transfer-Encoding: chunked", "Content-Length: 5"),
    "two codings": ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "chunked twice": ("Transfer-Encoding: chunked, chunked",),
    "chunked not last": ("Transfer-Encoding: chunked, gzip",),
    "an unknown coding": ("Transfer-Encoding: xchunked",),
    "a hidden coding": ("Transfer-Encoding: \x0bchunked",),
    "a quoted coding": ('Transfer-Encoding: "chunked"',),
    "a coding with a parameter": ("Transfer-Encoding: chunked;q=1",),
    "an empty coding": ("Transfer-Encoding:",),
    "identity and a length": ("Transfer-Encoding: identity", "Content-Length: 5"),
    "a space before the colon of the coding": ("Transfer-Encoding : chunked",),
    "a tab before the colon of the coding": ("Transfer-Encoding\t: chunked",),
    "a space before the colon of the length": ("Content-Length : 5",),
    "a folded coding": ("Transfer-Encoding:\r\n chunked",),
    "a folded length": ("Content-Length: 5\r\n 0",),
    "a folded header": ("X-Folded: a\r\n Content-Length: 5",),
    "two lengths": ("Content-Length: 5", "Content-Length: 0"),
    "two equal lengths": ("Content-Length: 5", "Content-Length: 5"),
    "a list of lengths": ("Content-Length: 5, 5",),
    "a signed length": ("Content-Length: +5",),
    "a negative length": ("Content-Length: -5",),
    "a hexadecimal length": ("Content-Length: 0x5",),
    "an underscored length": ("Content-Length: 1_0",),
    "a fractional length": ("Content-Length: 5.0",),
    "a length in other digits": ("Content-Length: \xb2",),
    "an absurd length": (f"Content-Length: {'9' * 400}",),
    "an empty length": ("Content-Length:",),
    "an underscore for the hyphen": ("Content_Length: 5", "Transfer_Encoding: chunked"),
    "a NUL in a value": ("X-Nul: a\x00b",),
    "a NUL in a name": ("X-\x00: a",),
    "a bare CR in a value": ("X-Cr: a\rTransfer-Encoding: chunked",),
    "no name": (": value",),
    "no colon": ("Transfer-Encoding chunked",),
    "a space in a name": ("Transfer Encoding: chunked",),
}


@pytest.mark.parametrize("headers", LYING_FRAMES.values(), ids=list(LYING_FRAMES))
def test_a_frame_that_can_be_read_in_two_ways_carries_no_second_request(
    account: Account, headers: tuple[str, ...]
) -> None:
    sent = deposit(account, *headers, body=b"0\r\n\r\n" + smuggled(account))

    answers = exchange(account.port, sent)

    assert all(400 <= answer.status < 500 for answer in answers)
    account.assert_nothing_moved()


BAD_CHUNKS = {
    "a size that is no number": b"z\r\n" + DEPOSIT,
    "a negative size": b"-1\r\n" + DEPOSIT,
    "a signed size": b"+d\r\n" + DEPOSIT + b"\r\n0\r\n\r\n",
    "a prefixed size": b"0xd\r\n" + DEPOSIT + b"\r\n0\r\n\r\n",
    "an underscored size": b"0_d\r\n" + DEPOSIT + b"\r\n0\r\n\r\n",
    "an empty size": b"\r\n" + DEPOSIT,
    "a space before the size": b" d\r\n" + DEPOSIT + b"\r\n0\r\n\r\n",
    "a size that overflows": b"f" * 17 + b"\r\n" + DEPOSIT,
    "a size of many digits": b"1" * 100_000 + b"\r\n" + DEPOSIT,
    "less data than the size": b"ff\r\n" + DEPOSIT,
    "more data than the size": b"5\r\n" + DEPOSIT + b"\r\n0\r\n\r\n",
    "no line end after the data": b"d\r\n" + DEPOSIT + b"0\r\n\r\n",
    "bare LF after the size": b"d\n" + DEPOSIT + b"\r\n0\r\n\r\n",
    "bare LF after the data": b"d\r\n" + DEPOSIT + b"\n0\r\n\r\n",
    "bare CR after the size": b"d\r" + DEPOSIT + b"\r\n0\r\n\r\n",
    "no last chunk": b"d\r\n" + DEPOSIT + b"\r\n",
    "a last chunk without its end": b"d\r\n" + DEPOSIT + b"\r\n0\r\n",
    "half a last chunk": b"d\r\n" + DEPOSIT + b"\r\n0",
    "bare LF in an extension": b"d;a=\n" + DEPOSIT + b"\r\n0\r\n\r\n",
    "an endless extension": b"d;" + b"a" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("body", BAD_CHUNKS.values(), ids=list(BAD_CHUNKS))
def test_a_bad_chunk_is_refused(account: Account, body: bytes) -> None:
    sent = deposit(account, "Transfer-Encoding: chunked", body=body + smuggled(account))

    answers = exchange(account.port, sent)

    assert all(400 <= answer.status < 500 for answer in answers)
    account.assert_nothing_moved()


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n0", b"\r\n0\r\n"])
def test_chunks_that_end_too_early_move_nothing(account: Account, end: bytes) -> None:
    sent = deposit(account, "Transfer-Encoding: chunked", body=b"d\r\n" + DEPOSIT + end)

    answers = exchange(account.port, sent)

    assert all(400 <= answer.status < 500 for answer in answers)
    account.assert_nothing_moved()


@pytest.mark.parametrize("body", [b"", DEPOSIT[:-1], DEPOSIT])
def test_a_body_that_ends_before_its_length_moves_nothing(account: Account, body: bytes) -> None:
    sent = deposit(account, f"Content-Length: {len(DEPOSIT) + 1}", body=body)

    answers = exchange(account.port, sent)

    assert all(400 <= answer.status < 500 for answer in answers)
    account.assert_nothing_moved()


def test_what_follows_the_stated_length_is_no_part_of_the_body(account: Account) -> None:
    sent = deposit(account, f"Content-Length: {len(DEPOSIT)}", body=DEPOSIT + b"garbage\r\n\r\n")

    answers = exchange(account.port, sent)

    assert answers[0].status == 200
    assert [answer.status for answer in answers[1:]] in ([], [400])
    assert account.balance_cents() == account.FUNDED_CENTS + 100


def test_honest_chunks_with_extensions_are_one_request(account: Account) -> None:
    body = b"d;name=value\r\n" + DEPOSIT + b"\r\n0\r\n\r\n"

    answers = exchange(account.port, deposit(account, "Transfer-Encoding: chunked", body=body))

    assert [answer.status for answer in answers] == [200]
    assert account.balance_cents() == account.FUNDED_CENTS + 100


@pytest.mark.parametrize("first", [DEPOSIT.ljust(64 * 1024), b"{" + b" " * 65_535])
@pytest.mark.parametrize("more", [b" ", b" " * 500_000, DEPOSIT])
def test_a_chunked_body_over_64_kib_is_refused(account: Account, first: bytes, more: bytes) -> None:
    sent = deposit(account, "Transfer-Encoding: chunked", body=chunked(first, more))

    answers = exchange(account.port, sent)

    assert [answer.status for answer in answers] in ([413], [])
    account.assert_nothing_moved()


def test_what_remains_of_a_body_too_large_is_not_read_as_a_request(account: Account) -> None:
    body = chunked(DEPOSIT.ljust(64 * 1024 + 1), smuggled(account) * 3)

    answers = exchange(
        account.port, deposit(account, "Transfer-Encoding: chunked", body=body) + smuggled(account)
    )

    assert all(answer.status in (200, 413) for answer in answers)
    assert account.balance_cents() in (account.FUNDED_CENTS, account.FUNDED_CENTS + 100)


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "OPTIONS", "PUT"])
def test_the_body_of_a_request_that_needs_none_is_not_read_as_a_request(
    account: Account, method: str
) -> None:
    hidden = smuggled(account)
    sent = deposit(account, f"Content-Length: {len(hidden)}", body=hidden, method=method)

    answers = exchange(account.port, sent)

    assert len(answers) <= 1
    account.assert_nothing_moved()
