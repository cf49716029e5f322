"""A request held before any one of its operations while another runs: the money moves once.

Mutants seen to fail here (test_mutants keeps them): no generation condition, no filter condition,
a cut that forgets the keys or keeps the generation, records looked up before the wallet, an
unconditional cut, a debit that reads and then writes, a refund without its derived key, a refusal
that does not look at the balance again.
"""

import pytest

from tests.money.interleavings import (
    copiers_that_cross,
    reversals_that_cross,
    same_key_that_crosses,
    spends_that_cross,
)
from tests.support.books import assert_books_balance
from tests.support.company import company
from tests.support.interleaving import held_before, interposed
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import post
from wallet_api.movements.orders import Order

pytestmark = pytest.mark.usefixtures("app", "interposed")
__all__ = ["company", "interposed"]


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize("looks", [False, True], ids=["by the filter", "by the generation"])
def test_a_key_moves_money_once_wherever_its_first_request_slept(looks: bool) -> None:
    assert same_key_that_crosses(looks_first=looks) == []


@pytest.mark.usefixtures("company")
def test_a_copier_that_slept_anywhere_does_no_harm() -> None:
    assert copiers_that_cross() == []


@pytest.mark.usefixtures("company")
def test_two_requests_never_spend_the_same_money() -> None:
    assert spends_that_cross() == []


@pytest.mark.usefixtures("company")
def test_two_reversals_refund_once() -> None:
    assert reversals_that_cross() == []


def test_funds_that_come_before_the_refusal_is_written_are_spent() -> None:
    for n in range(1, 10):
        user = funded(10)
        answers = []

        held = held_before(
            n,
            lambda user=user, answers=answers: answers.append(
                post(Order(user, MovementKind.WITHDRAWAL, -100, "INR", "k", "bank"))
            ),
            lambda user=user: post(Order(user, MovementKind.DEPOSIT, 90, "INR")),
        )

        if not held:
            break
        assert [answer.balance_cents for answer in answers] == [0], f"held before operation {n}"
        assert_books_balance(user)
    assert n == 4, "a commit in vain, a look, the refusal"
