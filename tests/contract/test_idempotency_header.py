"""The Idempotency-Key header: which values are keys, and which of them are the same one."""

import pytest

from tests.support.books import assert_books_balance, entries_of
from tests.support.people import Person


def test_the_quoted_and_the_bare_form_are_the_same_key(alice: Person) -> None:
    first = alice.deposits(10, '"order 7"')
    again = alice.deposits(10, "order 7")
    padded = alice.deposits(10, "  order 7\t")

    assert again.get_json() == first.get_json() == padded.get_json()
    assert alice.balance() == 1000


def test_escapes_of_the_quoted_form_are_undone(alice: Person) -> None:
    first = alice.deposits(10, r'"a\"b\\c"')
    again = alice.deposits(10, r'a"b\c')

    assert again.get_json() == first.get_json()


@pytest.mark.parametrize(
    "key",
    [
        "k",
        "k" * 255,
        '"' + "k" * 255 + '"',
        '"a, b"',
        'a"b',
        '"',
        "a b",
        "!~",
        "$where",
        "deposit:k",
        "9" * 36,
    ],
)
def test_printable_ascii_up_to_255_is_a_key(alice: Person, key: str) -> None:
    first, again = alice.deposits(1, key), alice.deposits(1, key)

    assert first.status_code == 200
    assert again.get_json() == first.get_json()
    assert_books_balance(alice.id)
    assert len(entries_of(alice.id)) == 1


@pytest.mark.parametrize(
    "key",
    [
        *("", '""', "   ", '" k"', '"k "', "k" * 256, '"' + "k" * 256 + '"'),
        pytest.param("k\x7f", marks=pytest.mark.in_process("gunicorn itself refuses it")),
        *("clé", "a\tb", "\x80", '"clé"'),
        *("k,k", "k, k", ",", "k,", ",k", '"k","k"', '"k", "k"', '"k",k', 'k,"k"', r'"a\",b'),
    ],
)
def test_any_other_key_is_refused_before_money_moves(alice: Person, key: str) -> None:
    alice.deposits(1)

    deposit, withdrawal = alice.deposits(1, key), alice.withdraws(1, key)

    for answer in (deposit, withdrawal):
        assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_idempotency_key")
    assert alice.balance() == 100


@pytest.mark.in_process("the test says what gunicorn would; tests/hostile sends it")
def test_two_headers_are_refused_however_the_server_joins_them(alice: Person) -> None:
    told = {"wallet_api.repeated_headers": ("idempotency-key",)}

    answer = alice.client.post(
        "/wallets/deposit",
        json={"amount": 1},
        headers=alice.headers('"a,b"'),
        environ_overrides=told,
    )

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_idempotency_key")
    assert alice.balance() == 0


def test_keys_differ_by_case_and_by_every_character(alice: Person) -> None:
    for key in ("k", "K", "k ", "kk"):
        alice.deposits(1, key)

    # "k " is "k": outer white space is the header's, not the key's.
    assert alice.balance() == 300
