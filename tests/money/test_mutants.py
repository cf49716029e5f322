"""Break the core on purpose: each mutant must turn a check red that is green without it.

The mutants of lost writes and of sealed filters are caught beside their own checks.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bson import ObjectId
from pymongo.errors import WriteError

from tests.money.interleavings import (
    relays_that_cross,
    reversals_that_cross,
    same_key_that_crosses,
    spends_that_cross,
)
from tests.mutants import MUTANTS, Mutant, keys, relay, writes
from tests.support.batches import attempt_of
from tests.support.books import assert_books_balance
from tests.support.interleaving import crashing
from tests.support.people import funded
from wallet_api import database
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.movements import Order, commit, post
from wallet_api.movements.relay import copy
from wallet_api.movements.used_keys import recent

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("app", "interposed")]

Mutate = Callable[[Mutant], None]


def withdrawal(user: ObjectId) -> Order:
    return Order(user, MovementKind.WITHDRAWAL, -1, "INR", "k", "bank")


def test_without_the_fence_a_key_in_doubt_moves_twice(mutate: Mutate) -> None:
    mutate(keys.no_fence)

    assert same_key_that_crosses(looks_up_first=True) != []


def test_without_the_filter_condition_a_copied_key_moves_again(mutate: Mutate) -> None:
    mutate(keys.no_filter_condition)

    assert same_key_that_crosses() != []


def test_a_truncation_that_forgets_the_keys_lets_them_move_again(mutate: Mutate) -> None:
    mutate(keys.no_retirement)

    assert same_key_that_crosses() != []


def test_without_the_outbox_condition_a_key_moves_again_before_it_is_copied(
    mutate: Mutate,
) -> None:
    mutate(keys.no_outbox_condition)
    order = withdrawal(funded(1000))
    post(order)
    recent.clear()

    again = commit.commit(attempt_of(order))

    assert again is not None


def test_records_looked_up_before_the_wallet_let_a_key_move_twice(mutate: Mutate) -> None:
    mutate(keys.record_before_wallet)

    assert same_key_that_crosses(looks_up_first=True) != []


def test_an_unconditional_truncation_loses_what_another_relay_did(mutate: Mutate) -> None:
    mutate(relay.truncation_of_any_generation)

    assert relays_that_cross() != []


def test_a_truncation_before_the_inserts_loses_them_in_a_crash(mutate: Mutate) -> None:
    mutate(relay.truncation_first)
    user = funded(1000)

    crashing(2, after=True, action=lambda: copy.copy_outbox(user))

    with pytest.raises(AssertionError):
        assert_books_balance(user)


def test_a_debit_that_reads_and_then_writes_spends_money_twice(mutate: Mutate) -> None:
    mutate(writes.read_then_write)

    assert spends_that_cross() != []


def test_a_refund_without_its_derived_key_is_paid_twice(mutate: Mutate) -> None:
    mutate(keys.refund_of_any_key)

    assert reversals_that_cross() != []


def test_a_sparse_index_refuses_a_second_movement_without_a_key() -> None:
    entries = LedgerEntry._get_collection()
    index = [("user", 1), ("idempotencyKey", 1)]
    entries.drop_index(index)
    entries.create_index(index, unique=True, sparse=True)
    user = funded(1000)
    post(Order(user, MovementKind.DEPOSIT, 1, "INR"))

    try:
        with pytest.raises(WriteError, match="duplicate key"):
            copy.copy_outbox(user)
    finally:
        entries.drop_index(index)
        database.ensure_indexes()


def test_an_answer_is_not_repeated_before_it_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    order = withdrawal(funded(1000))
    post(order)

    def no_copy(user: ObjectId) -> int:
        raise ConnectionError("nothing can be made durable")

    monkeypatch.setattr(copy, "copy_outbox", no_copy)

    with pytest.raises(ConnectionError):
        post(order)


def test_every_mutant_is_caught_somewhere() -> None:
    tests = Path(__file__).parents[1]
    texts = [path.read_text() for path in tests.rglob("*.py") if path.parent.name != "mutants"]

    idle = [name for name in MUTANTS if not any(re.search(rf"\.{name}\b", t) for t in texts)]

    assert idle == []
