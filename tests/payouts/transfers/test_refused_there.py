"""What the recipient's wallet refuses comes back to the sender, once, and tells nobody why."""

from collections.abc import Callable

import pytest
from bson import ObjectId
from pymongo.database import Database

from tests.payouts.transfers.sending import arrivals, go_on, sends
from tests.support.books import assert_books_balance
from tests.support.people import Person
from wallet_api.errors import IllegalStatusChange
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements import freezing
from wallet_api.users import service as users
from wallet_api.withdrawals import reversal


def shown(person: Person) -> dict[str, object]:
    found: dict[str, object] = person.get("/withdrawals").get_json()["data"][0]
    return found


def is_deactivated(bob: Person, db: Database) -> None:
    users.set_active("bob@example.com", False)


def is_frozen(bob: Person, db: Database) -> None:
    freezing.freeze(bob.id)


def is_unknown(bob: Person, db: Database) -> None:
    db.users.delete_many({"email": "bob@example.com"})
    db.wallets.delete_many({"user": bob.id})


def has_another_currency(bob: Person, db: Database) -> None:
    db.wallets.update_many({"user": bob.id}, {"$set": {"currency": "USD"}})


def is_full(bob: Person, db: Database) -> None:
    db.wallets.update_many({"user": bob.id}, {"$set": {"balanceCents": MAX_BALANCE_CENTS}})


def is_damaged(bob: Person, db: Database) -> None:
    db.wallets.update_many({"user": bob.id}, {"$set": {"balanceCents": "much"}})


HIDDEN = "recipient_cannot_receive"
Refuse = Callable[[Person, Database], None]

REFUSALS: dict[Refuse, str] = {
    is_deactivated: HIDDEN,
    is_frozen: HIDDEN,
    is_unknown: HIDDEN,
    is_full: HIDDEN,
    is_damaged: HIDDEN,
    has_another_currency: "currency_differs",
}


@pytest.mark.parametrize("why", REFUSALS, ids=lambda why: why.__name__)
def test_a_refused_transfer_is_refunded_before_the_answer(
    ada: Person, bob: Person, db: Database, why: Refuse
) -> None:
    why(bob, db)

    first = sends(ada, 30, bob, "k")
    again = sends(ada, 30, bob, "k")

    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    told = first.get_json()
    assert (told["status"], told["balanceCents"]) == ("failed", 7000)
    assert ada.balance() == 10000
    record = shown(ada)
    assert (record["failureReason"], record["statusDetails"]) == (
        "declined",
        {"reason": REFUSALS[why]},
    )
    assert go_on() == 0
    assert_books_balance(ada.id)


def test_a_user_that_never_was_cannot_be_told_from_one_who_takes_no_money(
    ada: Person, bob: Person
) -> None:
    users.set_active("bob@example.com", False)

    one = ada.withdraws(1, destination=f"wallet:{bob.id}").get_json()
    other = ada.withdraws(1, destination=f"wallet:{ObjectId()}").get_json()

    assert one["status"] == other["status"] == "failed"
    records = ada.get("/withdrawals").get_json()["data"]
    assert len({str(record["statusDetails"]) for record in records}) == 1


def test_a_deactivated_user_sends_nothing(ada: Person, bob: Person) -> None:
    users.set_active("ada@example.com", False)

    assert sends(ada, 30, bob).status_code == 401
    assert arrivals(bob) == []


def test_a_transfer_is_not_reversed_by_the_operator(ada: Person, bob: Person) -> None:
    sent = sends(ada, 30, bob).get_json()["id"]

    with pytest.raises(IllegalStatusChange):
        reversal.reverse(sent, "came back")
    assert (ada.balance(), bob.balance()) == (7000, 3000)
