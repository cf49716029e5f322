"""A refusal's `detail` tells the caller the figures, and what to do next."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo import errors as mongo
from pymongo.database import Database
from werkzeug.test import TestResponse

from tests.support.people import Person, someone
from wallet_api.ledger import history
from wallet_api.users import service as users
from wallet_api.wallets import service as wallets


def detail(answer: TestResponse, code: str) -> str:
    body = answer.get_json(force=True)
    assert body["code"] == code
    return body["detail"]


def test_a_withdrawal_of_too_much_is_told_the_balance_and_the_amount(alice: Person) -> None:
    alice.deposits(70.25)

    answer = alice.withdraws(5000)

    assert detail(answer, "insufficient_funds") == (
        "The balance was 70.25 INR, and the request asked for 5000.00 INR."
    )


def test_the_message_for_too_little_money_is_that_of_the_original(alice: Person) -> None:
    answer = alice.withdraws(1)

    assert answer.get_json(force=True)["message"] == "Insufficient balance or wallet not found"


@pytest.mark.parametrize(
    ("currency", "balance", "amount"),
    [("JPY", "0 JPY", "7 JPY"), ("KWD", "0.000 KWD", "7.000 KWD"), ("INR", "0.00 INR", "7.00 INR")],
)
def test_the_figures_have_as_many_decimals_as_the_currency(
    client: FlaskClient, currency: str, balance: str, amount: str
) -> None:
    yuki = someone(client, "yuki@example.com", currency)

    told = detail(yuki.withdraws(7), "insufficient_funds")

    assert told == f"The balance was {balance}, and the request asked for {amount}."


def test_a_replayed_refusal_tells_the_balance_of_the_first_answer(alice: Person) -> None:
    alice.deposits(10)
    first = alice.withdraws(50, "rent")
    alice.deposits(1000)

    again = alice.withdraws(50, "rent")

    assert detail(again, "insufficient_funds") == detail(first, "insufficient_funds")
    assert again.headers["Idempotent-Replayed"] == "true"


def test_another_currency_is_told_which_one_the_wallet_has(alice: Person) -> None:
    answer = alice.deposits(1, currency="usd")

    assert detail(answer, "currency_mismatch") == (
        "The wallet's currency is INR, and the request names USD."
    )


def test_a_deposit_past_the_maximum_is_told_the_maximum(alice: Person, db: Database[Any]) -> None:
    db.wallets.update_one({"user": alice.id}, {"$set": {"balanceCents": 8_999_999_999_999_950}})

    answer = alice.deposits(1)

    assert detail(answer, "balance_limit_exceeded") == (
        "A wallet holds 90000000000000.00 INR at most. The balance is 89999999999999.50 INR, and "
        "the request adds 1.00 INR."
    )


FAILURES = [
    pytest.param(mongo.AutoReconnect("gone"), "unavailable", id="503"),
    pytest.param(ZeroDivisionError(), "internal_error", id="500"),
]
every_failure = pytest.mark.parametrize(("failure", "code"), FAILURES)


@pytest.mark.in_process("Breaks a function of the service.")
@every_failure
def test_a_movement_with_a_key_is_told_to_repeat_the_key(
    alice: Person, monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    monkeypatch.setattr(wallets, "deposit", raising(failure))

    told = detail(alice.deposits(1, "k"), code)

    assert "the same request with the same Idempotency-Key" in told


@pytest.mark.in_process("Breaks a function of the service.")
@every_failure
def test_a_movement_without_a_key_is_told_to_look_before_it_repeats(
    alice: Person, monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    monkeypatch.setattr(wallets, "deposit", raising(failure))

    told = detail(alice.deposits(1), code)

    assert "Look at GET /wallets/transactions before you send it again" in told


@pytest.mark.in_process("Breaks a function of the service.")
@every_failure
def test_a_request_that_moves_no_money_is_told_of_no_key(
    alice: Person, monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    monkeypatch.setattr(wallets, "read_wallet", raising(failure))
    monkeypatch.setattr(history, "balance_at", raising(failure))
    monkeypatch.setattr(users, "register", raising(failure))
    registration = {
        "firstName": "A",
        "lastName": "B",
        "email": "b@example.com",
        "password": "correct horse battery staple",
    }

    answers = [
        alice.get("/wallets"),
        alice.get("/wallets/balance?at=2026-01-01T00:00:00Z", **{"Idempotency-Key": "k"}),
        alice.post("/auth/register", registration, "k"),
    ]

    for answer in answers:
        assert "Send the request again" in detail(answer, code)
        assert "Idempotency-Key" not in answer.get_data(as_text=True)


def raising(failure: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> Any:
        raise failure

    return fail
