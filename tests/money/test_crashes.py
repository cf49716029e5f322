"""A crash between any two database operations, then the same request again: one movement.

test_mutants shows that these checks can fail.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from bson import ObjectId

from tests.support.books import assert_books_balance, balance_of, entries_of, withdrawals_of
from tests.support.interleaving import crashing
from tests.support.people import funded
from wallet_api import errors
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import post
from wallet_api.movements.orders import Order
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import recent, sealed_filters
from wallet_api.users import service as users
from wallet_api.withdrawals import reversal

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("app", "interposed")]

MOST_OPERATIONS = 30


def deposit(user: ObjectId) -> Any:
    return post(Order(user, MovementKind.DEPOSIT, 250, "INR", "k"))


def withdraw(user: ObjectId) -> Any:
    return post(Order(user, MovementKind.WITHDRAWAL, -250, "INR", "k", "bank"))


def withdraw_too_much(user: ObjectId) -> Any:
    try:
        return post(Order(user, MovementKind.WITHDRAWAL, -5000, "INR", "k", "bank"))
    except errors.InsufficientFunds:
        return "refused"


@dataclass(frozen=True)
class Case:
    act: Callable[[ObjectId], Any]
    balance: int
    entries: int
    withdrawals: int


CASES = {
    "deposit": Case(deposit, 1250, 2, 0),
    "withdrawal": Case(withdraw, 750, 2, 1),
    "refusal": Case(withdraw_too_much, 1000, 1, 1),
}


@pytest.mark.usefixtures("both_commits")
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("doubtful", [False, True], ids=["new key", "key in doubt"])
def test_a_request_that_crashed_anywhere_happens_once_when_it_is_sent_again(
    name: str, after: bool, doubtful: bool
) -> None:
    case = CASES[name]
    for n in range(1, MOST_OPERATIONS):
        user = funded(1000)
        recent.wallets.put(
            user, recent.WalletHint("INR", sealed_filters.MAX_PER_WALLET + 1 if doubtful else 0)
        )

        struck = crashing(n, after=after, action=lambda user=user: case.act(user))
        recent.clear()
        first = case.act(user)
        again = case.act(user)

        assert first == "refused" or (again.id, again.balance_cents) == (
            first.id,
            first.balance_cents,
        )
        assert_books_balance(user)
        assert balance_of(user) == case.balance
        assert len(entries_of(user)) == case.entries
        assert len(withdrawals_of(user)) == case.withdrawals
        if not struck:
            break
    else:
        pytest.fail("the request never ended")


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_relay_that_crashed_anywhere_is_finished_by_the_next(after: bool) -> None:
    for n in range(1, MOST_OPERATIONS):
        user = funded(1000)
        withdraw(user)
        deposit(user)

        struck = crashing(n, after=after, action=lambda user=user: copy_outbox(user))
        post(Order(user, MovementKind.DEPOSIT, 1, "INR"))

        assert_books_balance(user)
        if not struck:
            break
    assert n == 5, "four operations: the durable read, two inserts, the truncation"


@pytest.mark.usefixtures("both_commits")
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_reversal_that_crashed_anywhere_refunds_once(after: bool) -> None:
    for n in range(1, MOST_OPERATIONS):
        user = funded(1000)
        withdrawal = str(withdraw(user).id)
        copy_outbox(user)

        struck = crashing(
            n, after=after, action=lambda w=withdrawal: reversal.reverse(w, "account closed")
        )
        reversal.reverse(withdrawal, "account closed")

        assert_books_balance(user)
        assert balance_of(user) == 1000
        assert [w["status"] for w in withdrawals_of(user)] == ["failed"]
        if not struck:
            break


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_registration_that_crashed_anywhere_ends_with_one_user_and_one_wallet(
    after: bool,
) -> None:
    for n in range(1, MOST_OPERATIONS):
        email = f"crash-{n}@example.com"

        def register(email: str = email) -> None:
            with contextlib.suppress(errors.EmailTaken):
                users.register("A", "B", email, "correct horse battery")

        struck = crashing(n, after=after, action=register)
        register()

        (user,) = User.objects(email=email)
        assert Wallet.objects(user=user.id).count() == 1
        if not struck:
            break
