"""A request held before any one of its operations while another runs: the money moves once.

test_mutants shows that each of these checks can fail.
"""

import pytest

from tests.money.interleavings import (
    relays_that_cross,
    reversals_that_cross,
    same_key_that_crosses,
    spends_that_cross,
)
from tests.support.books import assert_books_balance
from tests.support.interleaving import held_before
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import post
from wallet_api.movements.orders import Order

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("app", "interposed")]


@pytest.mark.usefixtures("both_commits")
@pytest.mark.parametrize("looks_up", [False, True], ids=["by the filter", "by the generation"])
def test_a_key_moves_money_once_wherever_its_first_request_slept(looks_up: bool) -> None:
    assert same_key_that_crosses(looks_up_first=looks_up) == []


@pytest.mark.usefixtures("both_commits")
def test_a_relay_that_slept_anywhere_does_no_harm() -> None:
    assert relays_that_cross() == []


@pytest.mark.usefixtures("both_commits")
def test_two_requests_never_spend_the_same_money() -> None:
    assert spends_that_cross() == []


@pytest.mark.usefixtures("both_commits")
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
    assert n == 4, "a commit that fails, the look-up, the refusal"
