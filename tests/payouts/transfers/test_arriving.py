"""A transfer is with its recipient before its sender is answered, once, and both ledgers say so."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.payouts.transfers.sending import arrivals, go_on, sends, to
from tests.support.books import assert_books_balance
from tests.support.commands import recorder
from tests.support.people import Person


def test_the_answer_says_that_it_has_arrived(ada: Person, bob: Person) -> None:
    answer = sends(ada, 30, bob)

    assert answer.status_code == 201
    told = answer.get_json()
    assert (told["status"], told["balanceCents"]) == ("success", 7000)
    assert told["destination"] == to(bob)
    assert bob.balance() == 3000
    assert go_on() == 0
    for person in ada, bob:
        assert_books_balance(person.id)


def test_the_same_key_sends_once(ada: Person, bob: Person) -> None:
    first = sends(ada, 30, bob, "k")
    again = sends(ada, 30, bob, "k")

    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert arrivals(bob) == [3000]


def test_a_key_of_withdrawals_means_one_thing(ada: Person, bob: Person) -> None:
    assert ada.withdraws(30, "k").status_code == 201

    assert sends(ada, 30, bob, "k").status_code == 422
    assert arrivals(bob) == []


def test_fifty_at_once_with_one_key_send_once(ada: Person, bob: Person) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: sends(ada, 30, bob, "k"), range(50)))
    go_on()

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert arrivals(bob) == [3000]
    assert ada.balance() == 7000
    for person in ada, bob:
        assert_books_balance(person.id)


def test_both_ledgers_name_the_other_side(ada: Person, bob: Person) -> None:
    sent = sends(ada, 30, bob, "rent").get_json()["id"]

    out = ada.get("/wallets/transactions").get_json()["data"][0]
    came = bob.get("/wallets/transactions").get_json()["data"][0]

    assert (out["type"], out["amountCents"], out["counterpart"]) == (
        "transfer_out",
        -3000,
        str(bob.id),
    )
    assert (out["withdrawalId"], out["idempotencyKey"]) == (sent, "rent")
    assert (came["type"], came["amountCents"], came["counterpart"]) == (
        "transfer_in",
        3000,
        str(ada.id),
    )
    assert came["withdrawalId"] == sent
    assert not {"idempotencyKey", "destination"} & came.keys()


def test_both_statements_name_the_other_side(ada: Person, bob: Person) -> None:
    sends(ada, 30, bob)

    for person, other in (ada, bob), (bob, ada):
        text = person.get("/wallets/statement", Accept="text/csv").text
        lines = [line.split(",") for line in text.splitlines()]
        assert lines[0][-1] == "counterpart"
        assert lines[-2][-1] == str(other.id)


def test_it_makes_as_many_round_trips_as_it_says(ada: Person, bob: Person) -> None:
    ada.withdraws(1)
    with recorder.recording() as commands:
        assert sends(ada, 30, bob).get_json()["status"] == "success"

    assert len(commands) == 1 + 9


@pytest.mark.parametrize(
    "destination", ["wallet:", "wallet:bob", "wallet:" + "A" * 24, "wallet:" + "a" * 25]
)
def test_what_names_no_wallet_is_refused_before_the_debit(ada: Person, destination: str) -> None:
    answer = ada.withdraws(30, destination=destination)

    assert answer.status_code == 400
    assert answer.get_json()["errors"] == [
        {"pointer": "/destination", "detail": "Must be wallet:<user id>."}
    ]
    assert ada.balance() == 10000


def test_nobody_sends_to_himself(ada: Person) -> None:
    answer = sends(ada, 30, ada)

    assert answer.status_code == 400
    assert "another user" in answer.text
    assert ada.balance() == 10000


def test_too_little_money_is_refused_as_for_a_withdrawal(ada: Person, bob: Person) -> None:
    for _ in range(2):
        answer = sends(ada, 300, bob, "k")
        assert (answer.status_code, answer.get_json()["code"]) == (400, "insufficient_funds")

    assert arrivals(bob) == []
    assert_books_balance(ada.id)
