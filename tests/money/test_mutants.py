"""Break the core on purpose: each mutant must turn a check red that is green without it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import WriteError

from tests.money.interleavings import (
    copiers_that_cross,
    reversals_that_cross,
    same_key_that_crosses,
    spends_that_cross,
)
from tests.support.books import assert_books_balance
from tests.support.interleaving import crashing, interposed
from tests.support.people import funded
from wallet_api import database
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import commit, lookup, post, updates
from wallet_api.movements.orders import Order
from wallet_api.movements.relay import copy
from wallet_api.movements.used_keys import bloom_filter
from wallet_api.withdrawals import reversal

pytestmark = pytest.mark.usefixtures("app", "interposed")
__all__ = ["interposed"]

Patch = pytest.MonkeyPatch


def test_without_the_generation_condition_a_key_in_doubt_moves_twice(monkeypatch: Patch) -> None:
    has_not_left = updates._has_not_left

    def mutant(step: updates.Step) -> dict[str, Any]:
        return {} if step.generation else has_not_left(step)

    monkeypatch.setattr(updates, "_has_not_left", mutant)

    assert same_key_that_crosses(looks_first=True) != []


def test_without_the_filter_condition_a_copied_key_moves_again(monkeypatch: Patch) -> None:
    monkeypatch.setattr(bloom_filter, "is_new", lambda user, key: {})

    assert same_key_that_crosses() != []


def test_a_cut_that_forgets_the_keys_lets_them_move_again(monkeypatch: Patch) -> None:
    monkeypatch.setattr(
        bloom_filter, "with_keys", lambda user, layers, count, keys: (layers, count)
    )

    assert same_key_that_crosses() != []


def test_without_the_outbox_condition_a_key_moves_again_before_it_is_copied(
    monkeypatch: Patch,
) -> None:
    condition = updates.condition

    def mutant(steps: Sequence[updates.Step]) -> dict[str, Any]:
        wanted = condition(steps)
        wanted.pop("outbox.idempotencyKey", None)
        return wanted

    monkeypatch.setattr(updates, "condition", mutant)
    user = funded(1000)
    post.post(Order(user, MovementKind.WITHDRAWAL, -1, "INR", "k", "bank"))

    again = commit.commit(Order(user, MovementKind.WITHDRAWAL, -1, "INR", "k", "bank"))

    assert again is not None


def test_records_looked_up_before_the_wallet_let_a_key_move_twice(monkeypatch: Patch) -> None:
    look = lookup.look

    def mutant(order: Order) -> lookup.Sight | None:
        wallet_read_later = Wallet._get_collection()
        records = lookup._records(order)._get_collection()
        record = records.find_one(lookup._of_key(order))
        wallet = wallet_read_later.find_one({"user": order.user})
        assert wallet is not None
        if record is not None:
            return look(order)
        keys = [movement.get("idempotencyKey") for movement in wallet["outbox"]]
        return lookup.Sight(
            currency=wallet["currency"],
            active=True,
            balance_cents=wallet["balanceCents"],
            generation=wallet["generation"],
            outbox_full=False,
            key_uncopied=order.scoped_key in keys,
            earlier=None,
        )

    monkeypatch.setattr(lookup, "look", mutant)

    assert same_key_that_crosses(looks_first=True) != []


def test_an_unconditional_cut_loses_what_another_copier_did(monkeypatch: Patch) -> None:
    monkeypatch.setattr(copy, "Wallet", _Replaced(Wallet, _without("generation", "update_one")))

    assert copiers_that_cross() != []


def test_a_cut_before_the_inserts_loses_them_in_a_crash(monkeypatch: Patch) -> None:
    insert, cut = copy._insert, copy._cut
    waiting: list[tuple[Any, Any]] = []
    monkeypatch.setattr(copy, "_insert", lambda *copies: waiting.append(copies))

    def mutant(wallet: dict[str, Any], chain_end: dict[str, Any]) -> bool:
        done = cut(wallet, chain_end)
        for copies in waiting:
            insert(*copies)
        return done

    monkeypatch.setattr(copy, "_cut", mutant)
    user = funded(1000)
    crashing(2, after=True, action=lambda: copy.copy_out(user))
    waiting.clear()

    with pytest.raises(AssertionError):
        assert_books_balance(user)


def test_a_debit_that_reads_and_then_writes_spends_money_twice(monkeypatch: Patch) -> None:
    condition = updates.condition

    def mutant(steps: Sequence[updates.Step]) -> dict[str, Any]:
        if Wallet._get_collection().find_one(condition(steps)) is None:
            return {"_id": None}
        return condition([replace(step, least=None) for step in steps])

    monkeypatch.setattr(updates, "condition", mutant)

    assert spends_that_cross() != []


def test_a_refund_without_its_derived_key_is_paid_twice(monkeypatch: Patch) -> None:
    def keyless(**members: Any) -> Order:
        return Order(**(members | {"key": None}))

    monkeypatch.setattr(reversal, "Order", keyless)

    assert reversals_that_cross() != []


def test_a_sparse_index_refuses_a_second_movement_without_a_key() -> None:
    entries = LedgerEntry._get_collection()
    index = [("user", 1), ("idempotencyKey", 1)]
    entries.drop_index(index)
    entries.create_index(index, unique=True, sparse=True)
    user = funded(1000)
    post.post(Order(user, MovementKind.DEPOSIT, 1, "INR"))

    try:
        with pytest.raises(WriteError, match="duplicate key"):
            copy.copy_out(user)
    finally:
        entries.drop_index(index)
        database.ensure_indexes()


def test_an_answer_is_not_repeated_before_it_is_settled(monkeypatch: Patch) -> None:
    order = Order(funded(1000), MovementKind.WITHDRAWAL, -1, "INR", "k", "bank")
    post.post(order)

    def no_copy_out(user: ObjectId) -> int:
        raise ConnectionError("nothing can be made durable")

    monkeypatch.setattr(post, "copy_out", no_copy_out)

    with pytest.raises(ConnectionError):
        post.post(order)


def _without(member: str, operation: str) -> Callable[[Any], Any]:
    """A collection whose `operation` forgets that member of its condition."""

    class Careless:
        def __init__(self, collection: Any) -> None:
            self._collection = collection

        def __getattr__(self, name: str) -> Any:
            real = getattr(self._collection, name)
            if name != operation:
                return real
            return lambda condition, *rest, **options: real(
                {key: value for key, value in condition.items() if key != member}, *rest, **options
            )

    return Careless


class _Replaced:
    """A document whose collection is another."""

    def __init__(self, document: Any, wrap: Callable[[Any], Any]) -> None:
        self._document, self._wrap = document, wrap

    def _get_collection(self) -> Any:
        return self._wrap(self._document._get_collection())
