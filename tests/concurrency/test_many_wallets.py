"""Many wallets at the same instant, with relays between: each answer is what the books say."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from bson import ObjectId

from tests.support.books import assert_books_balance, entries_of, withdrawals_of
from tests.support.people import funded
from wallet_api import errors
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import Order, Receipt, post
from wallet_api.movements.group_commit import bulk
from wallet_api.movements.relay.copy import copy_outbox

pytestmark = pytest.mark.usefixtures("app")

THREADS, WALLETS, ORDERS = 16, 12, 1200
FUNDS = 2000


@pytest.fixture
def bulks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of how many wallets each command was."""
    sizes: list[int] = []
    update = bulk.update

    def counted(groups: Sequence[Any]) -> Any:
        sizes.append(len(groups))
        return update(groups)

    monkeypatch.setattr(bulk, "update", counted)
    return sizes


def some_orders(users: Sequence[ObjectId], seed: int) -> list[Order]:
    """A third of them with keys that come several times; together more than the funds."""
    rng = random.Random(seed)
    orders = []
    for _ in range(ORDERS):
        user, cents = rng.choice(users), rng.randint(1, 90)
        if rng.random() < 0.3:
            orders.append(Order(user, MovementKind.DEPOSIT, cents, "INR"))
        elif rng.random() < 0.5:
            orders.append(Order(user, MovementKind.WITHDRAWAL, -2 * cents, "INR", None, "bank"))
        else:
            key = rng.randint(1, 60)
            orders.append(Order(user, MovementKind.WITHDRAWAL, -key, "INR", f"k{key}", "bank"))
    return orders


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_each_answer_is_what_the_books_say(bulks: list[int], seed: int) -> None:
    users = [funded(FUNDS) for _ in range(WALLETS)]
    ended = Event()

    def answer(order: Order) -> tuple[Order, Receipt | None]:
        try:
            return order, post(order)
        except errors.InsufficientFunds:
            return order, None

    def copy() -> None:
        while not ended.is_set():
            for user in users:
                copy_outbox(user)

    with ThreadPoolExecutor(THREADS + 1) as pool:
        copying = pool.submit(copy)
        answers = list(pool.map(answer, some_orders(users, seed)))
        ended.set()
        copying.result()

    assert sum(bulks) > ORDERS / 20, "hardly any shared a command"
    for user in users:
        assert_books_balance(user)
    booked = {entry["_id"]: entry for user in users for entry in entries_of(user)}
    answered: dict[ObjectId, set[int]] = {}
    for order, receipt in answers:
        if receipt is not None:
            answered.setdefault(receipt.id, set()).add(receipt.balance_cents)
            entry = booked[receipt.id]
            assert (entry["user"], entry["amountCents"]) == (order.user, order.amount_cents)
    assert answered == {
        entry["_id"]: {entry["balanceAfterCents"]}
        for entry in booked.values()
        if entry["sequence"] > 1
    }
    assert len(booked) > WALLETS
    assert any(w["status"] == "failed" for user in users for w in withdrawals_of(user))
