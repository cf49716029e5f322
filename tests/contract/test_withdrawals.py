"""POST /withdrawals and GET /withdrawals/{id}: a debit with its record, or neither."""

import pytest
from bson import ObjectId
from flask.testing import FlaskClient

from tests.support.books import assert_books_balance, withdrawals_of
from tests.support.people import Person
from wallet_api import clock
from wallet_api.movements import wallets
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.users import service as users
from wallet_api.withdrawals import reversal


def test_a_withdrawal_is_answered_as_the_original_did_and_more(alice: Person) -> None:
    alice.deposits(100.5)
    before = clock.rfc3339(clock.now())

    answer = alice.withdraws(50.25, destination="bank:HDFC0001234:501234567")

    body = answer.get_json()
    assert answer.status_code == 201
    assert ObjectId.is_valid(body.pop("id"))
    assert before <= body.pop("createdAt") <= clock.rfc3339(clock.now())
    assert body == {
        "status": "success",
        "amountCents": 5025,
        "currency": "INR",
        "destination": "bank:HDFC0001234:501234567",
        "balanceCents": 5025,
    }


def test_the_whole_balance_can_be_withdrawn(alice: Person) -> None:
    alice.deposits(0.29)

    answer = alice.withdraws(0.29)

    assert (answer.status_code, answer.get_json()["balanceCents"]) == (201, 0)
    assert_books_balance(alice.id)


def test_a_cent_more_than_the_balance_is_refused_in_the_originals_words(alice: Person) -> None:
    alice.deposits(100)

    answer = alice.withdraws(100.01)

    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (400, "insufficient_funds")
    assert body["message"] == "Insufficient balance or wallet not found"
    assert alice.balance() == 10000
    assert "Idempotent-Replayed" not in answer.headers


def test_a_refusal_for_lack_of_funds_is_on_record_as_failed(alice: Person) -> None:
    alice.withdraws(7)

    (shown,) = alice.get("/withdrawals").get_json()["data"]

    assert (shown["status"], shown["failureReason"]) == ("failed", "insufficient_funds")
    assert shown["amountCents"] == 700
    assert [change["status"] for change in shown["history"]] == ["failed"]
    assert alice.get("/wallets/transactions").get_json()["data"] == []
    assert_books_balance(alice.id)


def test_a_withdrawal_can_be_looked_up_at_once(alice: Person) -> None:
    alice.deposits(10)
    made = alice.withdraws(2.5, "rent-1").get_json()

    answer = alice.get(f"/withdrawals/{made['id']}")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "id": made["id"],
        "status": "success",
        "amountCents": 250,
        "currency": "INR",
        "destination": "bank-1",
        "createdAt": made["createdAt"],
        "idempotencyKey": "rent-1",
        "history": [{"status": "success", "at": made["createdAt"]}],
    }


def test_another_users_withdrawal_is_not_found(alice: Person, bob: Person) -> None:
    alice.deposits(10)
    made = alice.withdraws(1).get_json()
    assert alice.get(f"/withdrawals/{made['id']}").status_code == 200

    of_another = bob.get(f"/withdrawals/{made['id']}")
    of_nobody = bob.get(f"/withdrawals/{ObjectId()}")

    assert (of_another.status_code, of_another.get_json()["code"]) == (404, "not_found")
    told = {"detail", "message", "code", "title"}
    assert {name: of_another.get_json()[name] for name in told} == {
        name: of_nobody.get_json()[name] for name in told
    }


A_NUL = pytest.param("%00", marks=pytest.mark.not_through_nginx("nginx refuses a NUL by itself"))


@pytest.mark.parametrize("identifier", ["1", "x" * 24, A_NUL, "z" * 300, "%F0%9F%92%B8"])
def test_what_is_no_id_is_not_found(alice: Person, identifier: str) -> None:
    assert alice.get(f"/withdrawals/{identifier}").status_code == 404


def test_a_reversed_withdrawal_has_failed_and_its_money_is_back(alice: Person) -> None:
    alice.deposits(10)
    made = alice.withdraws(4).get_json()
    copy_outbox(alice.id)

    reversal.reverse(made["id"], "account_closed")

    shown = alice.get(f"/withdrawals/{made['id']}").get_json()
    assert (shown["status"], shown["failureReason"]) == ("failed", "account_closed")
    assert [change["status"] for change in shown["history"]] == ["success", "failed"]
    assert shown["reversedAt"] == shown["history"][1]["at"]
    assert alice.balance() == 1000
    newest = alice.get("/wallets/transactions").get_json()["data"][0]
    assert (newest["type"], newest["withdrawalId"]) == ("refund", made["id"])
    assert_books_balance(alice.id)


def test_keyless_withdrawals_are_each_their_own(alice: Person) -> None:
    alice.deposits(10)

    first, second = alice.withdraws(1).get_json(), alice.withdraws(1).get_json()

    assert first["id"] != second["id"]
    assert second["balanceCents"] == 800
    assert_books_balance(alice.id)
    assert len(withdrawals_of(alice.id)) == 2


def test_a_deactivated_user_moves_no_money_and_sees_none(alice: Person) -> None:
    alice.deposits(10)
    users.set_active("alice@example.com", False)

    answers = [alice.withdraws(1), alice.deposits(1), alice.get("/wallets")]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    users.set_active("alice@example.com", True)
    assert alice.logged_in_again.balance() == 1000


def test_a_replay_too_is_refused_to_a_deactivated_user(alice: Person) -> None:
    alice.deposits(10)
    alice.withdraws(1, "k")
    wallets.set_active(alice.id, False)

    answer = alice.withdraws(1, "k")

    assert answer.status_code == 401


def test_without_a_token_nothing_is_withdrawn(client: FlaskClient, alice: Person) -> None:
    alice.deposits(10)

    answer = client.post("/withdrawals", json={"amount": 5, "destination": "bank"})

    assert answer.status_code == 401
    assert alice.balance() == 1000
