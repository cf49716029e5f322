"""A movement that commits with the last try is answered, and not called unavailable."""

import pytest

from tests.support.books import assert_books_balance, balance_of
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.errors import Unavailable
from wallet_api.movements import Order, commit, post
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.commit import Committed

pytestmark = pytest.mark.usefixtures("app")

TRIES = 17
"""One before a look-up, and one after each of sixteen."""


class LosingCommit:
    """Loses to other movements so many times, and then commits."""

    def __init__(self, losses: int) -> None:
        self.losses = losses

    def __call__(self, attempt: Attempt) -> Committed | None:
        if self.losses:
            self.losses -= 1
            return None
        return commit.commit(attempt)


@pytest.mark.parametrize("key", [None, "k"])
def test_the_last_try_counts(key: str | None) -> None:
    user = funded(1000)
    order = Order(user, MovementKind.WITHDRAWAL, -100, "INR", key, "bank")

    receipt = post(order, LosingCommit(TRIES - 1))

    assert receipt.balance_cents == balance_of(user) == 900
    assert_books_balance(user)


@pytest.mark.parametrize("key", [None, "k"])
def test_after_it_nothing_has_moved(key: str | None) -> None:
    user = funded(1000)
    order = Order(user, MovementKind.WITHDRAWAL, -100, "INR", key, "bank")

    with pytest.raises(Unavailable):
        post(order, LosingCommit(TRIES))

    assert balance_of(user) == 1000
