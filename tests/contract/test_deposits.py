"""POST /wallets/deposit: money comes in exactly as asked for, or not at all."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.books import assert_books_balance, entries_of
from tests.support.people import Person, someone
from wallet_api import clock
from wallet_api.documents.kinds import MovementKind
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements import post
from wallet_api.movements.orders import Order

# As JSON text, so that no float of ours stands between the test and the decoder.
EXACT = {
    "100.25": 10025,
    "0.29": 29,
    "1.1": 110,
    "4.35": 435,
    "1.15": 115,
    "0.01": 1,
    "100": 10000,
    "100.0": 10000,
    "100.500000000000000000000000": 10050,
    "1e2": 10000,
    "1.005E+3": 100500,
    "2500e-2": 2500,
    "1000000000": 100_000_000_000,
    "999999999.99": 99_999_999_999,
}


def test_a_deposit_is_answered_as_the_original_did_and_more(alice: Person) -> None:
    before = clock.rfc3339(clock.now())

    answer = alice.deposits(100.5)

    body = answer.get_json()
    assert answer.status_code == 200
    assert body.pop("id") == str(entries_after_copying(alice)[0]["_id"])
    assert before <= body.pop("createdAt") <= clock.rfc3339(clock.now())
    assert body == {
        "message": "Deposit successful",
        "balanceCents": 10050,
        "currency": "INR",
        "amountCents": 10050,
    }


def test_a_deposit_shows_in_the_balance(alice: Person) -> None:
    alice.deposits(100)
    alice.deposits(0.29)

    answer = alice.get("/wallets")

    assert (answer.status_code, answer.get_json()) == (
        200,
        {"balanceCents": 10029, "currency": "INR"},
    )


@pytest.mark.parametrize(("text", "cents"), EXACT.items())
def test_a_decimal_amount_becomes_exactly_its_minor_units(
    alice: Person, text: str, cents: int
) -> None:
    answer = alice.send("/wallets/deposit", b'{"amount": %s}' % text.encode())

    assert (answer.status_code, answer.get_json()["amountCents"]) == (200, cents)


@pytest.mark.parametrize(
    ("currency", "text", "cents"),
    [("JPY", "1500", 1500), ("JPY", "1500.00", 1500), ("KWD", "1.234", 1234), ("KWD", "0.001", 1)],
)
def test_a_currency_has_its_own_number_of_decimals(
    client: FlaskClient, currency: str, text: str, cents: int
) -> None:
    person = someone(client, "carol@example.com", currency)

    answer = person.send("/wallets/deposit", b'{"amount": %s}' % text.encode())

    body = answer.get_json()
    assert (body["amountCents"], body["currency"]) == (cents, currency)


@pytest.mark.parametrize(
    ("currency", "text"), [("JPY", "0.5"), ("INR", "0.001"), ("INR", "10.005"), ("KWD", "1.0001")]
)
def test_a_decimal_too_many_is_refused_and_not_rounded(
    client: FlaskClient, currency: str, text: str
) -> None:
    person = someone(client, "carol@example.com", currency)

    answer = person.send("/wallets/deposit", b'{"amount": %s}' % text.encode())

    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (400, "/amount")
    assert person.balance() == 0


@pytest.mark.parametrize("currency", ["INR", "inr"])
def test_naming_the_wallets_own_currency_changes_nothing(alice: Person, currency: str) -> None:
    answer = alice.deposits(5, currency=currency)

    assert (answer.status_code, answer.get_json()["currency"]) == (200, "INR")


@pytest.mark.parametrize("remembered", [False, True])
def test_another_currency_than_the_wallets_is_refused(alice: Person, remembered: bool) -> None:
    if remembered:
        alice.deposits(1)
    before = alice.balance()

    answer = alice.deposits(5, currency="USD")

    assert (answer.status_code, answer.get_json()["code"]) == (400, "currency_mismatch")
    assert alice.balance() == before


def test_the_balance_can_reach_its_maximum_and_not_pass_it(alice: Person) -> None:
    almost = MAX_BALANCE_CENTS - 100
    post(Order(alice.id, MovementKind.ADJUSTMENT, almost, "INR", "opening", reason="moved here"))

    past = alice.deposits(1.01)
    reached = alice.deposits(1)

    assert (past.status_code, past.get_json()["code"]) == (400, "balance_limit_exceeded")
    assert reached.get_json()["balanceCents"] == MAX_BALANCE_CENTS
    assert_books_balance(alice.id)


def test_a_deposit_is_one_ledger_entry(alice: Person) -> None:
    identifier = alice.deposits(12.34, "topup-1").get_json()["id"]

    (entry,) = entries_after_copying(alice)

    assert str(entry["_id"]) == identifier
    assert entry["type"] == "deposit"
    assert (entry["sequence"], entry["amountCents"], entry["balanceAfterCents"]) == (1, 1234, 1234)


def test_money_comes_to_the_owner_of_the_token_alone(alice: Person, bob: Person) -> None:
    alice.deposits(10)

    assert (alice.balance(), bob.balance()) == (1000, 0)


def test_without_a_token_nothing_is_deposited(client: FlaskClient, alice: Person) -> None:
    answer = client.post("/wallets/deposit", json={"amount": 5})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert alice.balance() == 0


def entries_after_copying(person: Person) -> list[dict[str, Any]]:
    assert_books_balance(person.id)
    return entries_of(person.id)
