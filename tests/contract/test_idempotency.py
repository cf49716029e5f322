"""Idempotency-Key: the same key tells what happened, and never moves money twice."""

from typing import Any

import pytest

from tests.support.books import assert_books_balance, withdrawals_of
from tests.support.interleaving import CrashAt, around_operations
from tests.support.people import Person
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import recent
from wallet_api.withdrawals import reversal

REPLAYED = "Idempotent-Replayed"


def nothing_since(person: Person) -> None:
    """The key's movement is in the outbox, and this process remembers it."""


def another_process_since(person: Person) -> None:
    recent.clear()


def copied_since(person: Person) -> None:
    copy_outbox(person.id)
    recent.clear()


def much_has_happened_since(person: Person) -> None:
    for _ in range(3):
        person.deposits(1)
        copy_outbox(person.id)
    recent.clear()


AFTERWARDS = [nothing_since, another_process_since, copied_since, much_has_happened_since]


@pytest.fixture(params=["deposit", "withdrawal"])
def move(request: pytest.FixtureRequest, alice: Person) -> Any:
    """Call it with amount and key: a request of either endpoint."""
    alice.deposits(1000)
    return alice.deposits if request.param == "deposit" else alice.withdraws


@pytest.mark.parametrize("afterwards", AFTERWARDS)
def test_a_replayed_key_returns_the_first_answer(alice: Person, move: Any, afterwards: Any) -> None:
    first = move(10.5, "k")
    afterwards(alice)
    between = alice.balance()

    again = move(10.5, "k")

    assert (again.status_code, again.get_json()) == (first.status_code, first.get_json())
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert alice.balance() == between
    assert_books_balance(alice.id)


@pytest.mark.parametrize("text", ["10.5", "10.50", "1.05e1", "10.500000"])
def test_the_meaning_is_compared_and_not_the_spelling(alice: Person, text: str) -> None:
    first = alice.post("/wallets/deposit", {"amount": 10.5}, "k")

    body = b'{"currency": "inr", "amount": %s}' % text.encode()
    headers = alice.headers("k") | {"Content-Type": "application/json"}
    again = alice.client.post("/wallets/deposit", data=body, headers=headers)

    assert again.get_json() == first.get_json()
    assert again.headers[REPLAYED] == "true"


@pytest.mark.parametrize("afterwards", AFTERWARDS)
@pytest.mark.parametrize(
    ("changed", "differing"),
    [
        ({"amount": 11}, ["amount"]),
        ({"destination": "elsewhere"}, ["destination"]),
        ({"amount": 11, "destination": "elsewhere"}, ["amount", "destination"]),
    ],
)
def test_another_meaning_names_the_first_and_what_differs(
    alice: Person, afterwards: Any, changed: dict[str, Any], differing: list[str]
) -> None:
    alice.deposits(1000)
    body = {"amount": 10, "destination": "bank"}
    first = alice.post("/withdrawals", body, "k").get_json()
    afterwards(alice)
    before = alice.balance()

    answer = alice.post("/withdrawals", body | changed, "k")

    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (422, "idempotency_key_reused")
    assert (told["id"], told["differing"]) == (first["id"], differing)
    assert alice.balance() == before


def test_another_amount_for_a_deposits_key_names_the_first(alice: Person) -> None:
    first = alice.deposits(10, "k").get_json()

    answer = alice.deposits(11, "k")

    told = answer.get_json()
    assert (answer.status_code, told["id"]) == (422, first["id"])
    assert told["differing"] == ["amount"]


def test_another_currency_for_a_key_is_a_mismatch_and_moves_nothing(alice: Person) -> None:
    alice.deposits(10, "k")

    answer = alice.deposits(10, "k", currency="USD")

    assert answer.status_code == 422
    assert answer.get_json()["differing"] == ["currency"]
    assert alice.balance() == 1000


def test_a_keys_scope_is_the_endpoint(alice: Person) -> None:
    deposit = alice.deposits(10, "k")
    withdrawal = alice.withdraws(4, "k")

    assert (deposit.status_code, withdrawal.status_code) == (200, 201)
    assert REPLAYED not in withdrawal.headers
    assert alice.balance() == 600
    assert_books_balance(alice.id)


def test_a_keys_scope_is_the_user(alice: Person, bob: Person) -> None:
    first, second = alice.deposits(10, "k"), bob.deposits(20, "k")

    assert (first.get_json()["balanceCents"], second.get_json()["balanceCents"]) == (1000, 2000)


@pytest.mark.parametrize("afterwards", AFTERWARDS)
def test_a_refusal_for_lack_of_funds_sticks_to_its_key(alice: Person, afterwards: Any) -> None:
    refused = alice.withdraws(10, "k")
    alice.deposits(1000)
    afterwards(alice)

    again = alice.withdraws(10, "k")

    assert (refused.status_code, again.status_code) == (400, 400)
    assert again.get_json()["code"] == "insufficient_funds"
    assert again.headers[REPLAYED] == "true"
    assert_books_balance(alice.id)
    assert [record["status"] for record in withdrawals_of(alice.id)] == ["failed"]


def test_a_validation_error_does_not_stick_to_its_key(alice: Person) -> None:
    refused = alice.deposits(-1, "k")
    accepted = alice.deposits(1, "k")

    assert (refused.status_code, accepted.status_code) == (400, 200)
    assert REPLAYED not in accepted.headers


def test_a_currency_mismatch_does_not_stick_to_its_key(alice: Person) -> None:
    refused = alice.deposits(1, "k", currency="USD")
    accepted = alice.deposits(1, "k")

    assert (refused.status_code, accepted.status_code) == (400, 200)


@pytest.mark.parametrize("reason", ["account_closed", "insufficient_funds"])
def test_a_reversed_withdrawals_key_still_tells_of_it(alice: Person, reason: str) -> None:
    alice.deposits(10)
    made = alice.withdraws(4, "k").get_json()
    copy_outbox(alice.id)
    reversal.reverse(made["id"], reason)

    again = alice.withdraws(4, "k")

    assert again.status_code == 201
    assert again.get_json()["id"] == made["id"]
    assert again.headers[REPLAYED] == "true"
    assert alice.balance() == 1000


@pytest.mark.in_process("the calls of the test's own process are interrupted")
@pytest.mark.usefixtures("interposed")
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("path", ["/wallets/deposit", "/withdrawals"])
def test_a_request_that_lost_its_database_anywhere_is_told_by_its_key(
    alice: Person, path: str, after: bool
) -> None:
    alice.deposits(1000)
    body = {"amount": 1} | ({"destination": "bank"} if path == "/withdrawals" else {})
    change = -100 if path == "/withdrawals" else 100
    for n in range(1, 20):
        recent.clear()
        before = alice.balance()
        crash = CrashAt(n, after=after)

        with around_operations(crash):
            lost = alice.post(path, body, f"k{n}")
        again = alice.post(path, body, f"k{n}")

        assert lost.status_code == (503 if crash.struck else again.status_code)
        assert again.status_code in (200, 201)
        assert again.get_json()["balanceCents"] == alice.balance() == before + change
        if not crash.struck:
            break
    else:
        pytest.fail("the request never ended")
    assert_books_balance(alice.id)
