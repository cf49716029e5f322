"""The audit runs beside the service, and never cries wolf."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from threading import Event
from typing import Any

import pytest
from bson import ObjectId

from tests.money.audit_books import (
    Books,
    audited,
    deposited,
    kept_books,
    opened,
    refunded,
    withdrawn,
)
from wallet_api import errors
from wallet_api.audit import reading, run
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.withdrawals.reversal import reverse

pytestmark = pytest.mark.usefixtures("app")

books = pytest.fixture(kept_books)


@pytest.fixture
def between_the_readings(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something happen after each reading of a wallet, before that of its entries."""

    def happens(move: Callable[[], object]) -> None:
        check_range = reading.check_range

        def moved(*args: Any, **options: Any) -> Iterator[Any]:
            move()
            yield from check_range(*args, **options)

        monkeypatch.setattr(reading, "check_range", moved)

    return happens


def test_what_moves_after_the_wallet_was_read_is_no_difference(
    books: Books, between_the_readings: Callable[[Callable[[], object]], None]
) -> None:
    stranger, strangers = ObjectId("f" * 24), set[ObjectId]()

    def move() -> None:
        deposited(books.user, 5_00)
        withdrawal = withdrawn(books.user, 2_00)
        copy_outbox(books.user)
        reverse(str(withdrawal), "returned")
        if stranger not in strangers:
            strangers.add(opened(stranger))
        deposited(stranger, 1_00)
        copy_outbox(stranger)

    between_the_readings(move)

    assert audited("--verify-chain").differences == []


def test_read_once_only_it_would_be_a_difference(
    books: Books,
    between_the_readings: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of the test above: the race is real."""

    def move() -> None:
        withdrawn(books.user, 2_00)
        copy_outbox(books.user)

    between_the_readings(move)
    monkeypatch.setattr(run, "READINGS", 1)

    assert audited().kinds() == {"entry_beyond_wallet", "debit_missing"}


def test_it_is_clean_while_money_moves(books: Books) -> None:
    users = [books.user, *(opened() for _ in range(5))]
    stop = Event()

    def move_money(seed: int) -> int:
        random, moved = Random(seed), 0
        while not stop.is_set():
            user = random.choice(users)
            key = random.choice([None, f"{seed}-{moved}"])
            with suppress(errors.InsufficientFunds):
                deposited(user, random.randint(1, 1000), key)
                cents = random.randint(1, 1000)
                withdrawal = withdrawn(user, cents, key)
                if random.random() < 0.2:
                    refunded(user, cents, withdrawal)
            if random.random() < 0.5:
                copy_outbox(user)
            moved += 1
        return moved

    with ThreadPoolExecutor(4) as pool:
        movers = [pool.submit(move_money, seed) for seed in range(4)]
        try:
            audits = [audited("--verify-chain") for _ in range(20)]
        finally:
            stop.set()

    assert all(mover.result() > 0 for mover in movers)
    assert [each.differences for each in audits] == [[]] * 20
    assert audits[-1].summary["ledgerEntries"] > audits[0].summary["ledgerEntries"]
    assert audited("--verify-chain").differences == []
