"""A header that must be single, sent twice: refused, and above all no second debit."""

import json

import pytest

from tests.hostile.conftest import Account
from tests.hostile.wire import Answer, exchange, request

WITHDRAWAL = {"amount": 1, "destination": "bank-1"}


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["code"]


@pytest.mark.parametrize("again", ["p", '"p"', "q", '"q"', "p\t", "p, p"])
@pytest.mark.parametrize("first", ["p", '"p"'])
def test_two_keys_debit_nothing_so_that_a_retry_with_one_debits_once(
    account: Account, first: str, again: str
) -> None:
    key, other_key = f"Idempotency-Key: {first}", f"idempotency-key: {again}"

    twice = account.call("POST", "/withdrawals", WITHDRAWAL, key, other_key)
    once = account.call("POST", "/withdrawals", WITHDRAWAL, key)

    assert code(twice) == (400, "invalid_idempotency_key")
    assert once.status == 201
    assert account.balance_cents() == account.FUNDED_CENTS - 100


@pytest.mark.parametrize("key", ["p,p", "p, p", "p,", '"p","p"', '"p", "p"'])
def test_keys_that_a_proxy_has_joined_debit_nothing(account: Account, key: str) -> None:
    answer = account.call("POST", "/withdrawals", WITHDRAWAL, f"Idempotency-Key: {key}")

    assert code(answer) == (400, "invalid_idempotency_key")
    account.assert_nothing_moved()


def test_two_headers_that_join_to_one_quoted_key_are_still_two(account: Account) -> None:
    halves = ('Idempotency-Key: "p', 'Idempotency-Key: p"')

    answer = account.call("POST", "/withdrawals", WITHDRAWAL, *halves)

    assert code(answer) == (400, "invalid_idempotency_key")
    account.assert_nothing_moved()


def test_a_key_with_a_comma_is_a_key_in_double_quotes(account: Account) -> None:
    key = 'Idempotency-Key: "p,p"'

    answers = [account.call("POST", "/withdrawals", WITHDRAWAL, key) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 201]
    assert account.balance_cents() == account.FUNDED_CENTS - 100


@pytest.mark.parametrize("name", ["Idempotency_Key", "IDEMPOTENCY_KEY", "HTTP_IDEMPOTENCY_KEY"])
def test_a_name_with_an_underscore_is_no_key_and_changes_none(account: Account, name: str) -> None:
    key, false_key = "Idempotency-Key: p", f"{name}: q"

    answers = [
        account.call("POST", "/withdrawals", WITHDRAWAL, key, false_key),
        account.call("POST", "/withdrawals", WITHDRAWAL, false_key, key),
        account.call("POST", "/withdrawals", WITHDRAWAL, key),
    ]

    assert [answer.status for answer in answers] == [201, 201, 201]
    assert len({json.loads(answer.body)["id"] for answer in answers}) == 1
    assert account.balance_cents() == account.FUNDED_CENTS - 100


@pytest.mark.parametrize(
    "second",
    [
        "Authorization:",
        "Authorization: Bearer",
        "Authorization: Bearer x",
        "authorization: Basic x",
    ],
)
def test_two_authorizations_open_nothing_in_either_order(account: Account, second: str) -> None:
    for lines in ((account.authorization, second), (second, account.authorization)):
        answers = exchange(account.port, request("GET", "/wallets", *lines))

        assert [code(answer) for answer in answers] == [(401, "unauthenticated")]


def test_two_valid_authorizations_open_neither_wallet(account: Account, other: Account) -> None:
    for second in (account, other):
        answers = exchange(
            account.port, request("GET", "/wallets", account.authorization, second.authorization)
        )

        assert [code(answer) for answer in answers] == [(401, "unauthenticated")]


@pytest.mark.parametrize(
    "joined",
    [
        "application/json,application/json",
        "application/json, text/plain",
        "text/plain, application/json",
        "application/json; charset=utf-8, text/plain",
        'application/json; x="y, text/plain"',
    ],
)
def test_a_joined_content_type_is_none(account: Account, joined: str) -> None:
    raw = json.dumps(WITHDRAWAL).encode()
    lines = (account.authorization, f"Content-Type: {joined}", f"Content-Length: {len(raw)}")

    answers = exchange(account.port, request("POST", "/withdrawals", *lines, body=raw))

    assert [code(answer) for answer in answers] == [(415, "unsupported_media_type")]
    account.assert_nothing_moved()


@pytest.mark.parametrize(
    "second",
    [
        *("Content-Length: 0", "Content-Length: 2", "Host: localhost", "Host: evil.test"),
        *("Content-Type: application/json", "Content-Type: text/plain", "Content-Type:"),
    ],
)
def test_a_second_length_host_or_type_is_refused_at_the_wire(account: Account, second: str) -> None:
    answers = exchange(account.port, account.written("POST", "/withdrawals", WITHDRAWAL, second))

    assert [code(answer) for answer in answers] == [(400, "bad_request")]
    account.assert_nothing_moved()
