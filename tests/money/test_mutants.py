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
from tests.support.batches import attempt_of
from tests.support.books import assert_books_balance
from tests.support.interleaving import crashing, interposed
from tests.support.people import funded
from wallet_api import database
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import Order, commit, lookup, post, used_keys
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.commit import Committed
from wallet_api.movements.lookup import KeyLookup
from wallet_api.movements.relay import copy
from wallet_api.movements.used_keys import bloom_filter, recent
from wallet_api.withdrawals import reversal

pytestmark = pytest.mark.usefixtures("app", "interposed")
__all__ = ["interposed"]

Patch = pytest.MonkeyPatch


def test_without_the_generation_condition_a_key_in_doubt_moves_twice(monkeypatch: Patch) -> None:
    monkeypatch.setattr(used_keys, "fence", lambda generation: {})

    assert same_key_that_crosses(looks_first=True) != []


def test_without_the_filter_condition_a_copied_key_moves_again(monkeypatch: Patch) -> None:
    monkeypatch.setattr(bloom_filter, "absent_condition", lambda user, key: {})

    assert same_key_that_crosses() != []


def test_a_truncation_that_forgets_the_keys_lets_them_move_again(monkeypatch: Patch) -> None:
    monkeypatch.setattr(bloom_filter, "add", lambda user, layers, count, keys: (layers, count))

    assert same_key_that_crosses() != []


def test_without_the_outbox_condition_a_key_moves_again_before_it_is_copied(
    monkeypatch: Patch,
) -> None:
    monkeypatch.setattr(commit, "keys_of", lambda attempts: [])
    order = Order(funded(1000), MovementKind.WITHDRAWAL, -1, "INR", "k", "bank")
    post(order)
    recent.clear()

    again = commit.commit(attempt_of(order))

    assert again is not None


def test_records_looked_up_before_the_wallet_let_a_key_move_twice(monkeypatch: Patch) -> None:
    look_up = lookup.look_up

    def mutant(order: Order) -> KeyLookup | None:
        of_key = {"user": order.user, "idempotencyKey": order.key}
        record = Withdrawal._get_collection().find_one(of_key)
        wallet = Wallet._get_collection().find_one({"user": order.user})
        assert wallet is not None
        if record is not None:
            return look_up(order)
        keys = [movement.get("idempotencyKey") for movement in wallet["outbox"]]
        return KeyLookup(
            currency=wallet["currency"],
            active=True,
            balance_cents=wallet["balanceCents"],
            generation=wallet["generation"],
            sealed_filters=wallet["sealedFilters"],
            outbox_full=False,
            key_in_outbox=order.scoped_key in keys,
            earlier=None,
        )

    monkeypatch.setattr(lookup, "look_up", mutant)

    assert same_key_that_crosses(looks_first=True) != []


def test_an_unconditional_truncation_loses_what_another_copier_did(monkeypatch: Patch) -> None:
    monkeypatch.setattr(copy, "Wallet", _Replaced(Wallet, _without("generation", "update_one")))

    assert copiers_that_cross() != []


def test_a_truncation_before_the_inserts_loses_them_in_a_crash(monkeypatch: Patch) -> None:
    insert_missing, truncate = copy.insert_missing, copy.truncate
    waiting: list[tuple[Any, Any]] = []
    monkeypatch.setattr(copy, "insert_missing", lambda *copies: waiting.append(copies))

    def mutant(wallet: dict[str, Any], change: dict[str, Any]) -> bool:
        done = truncate(wallet, change)
        for copies in waiting:
            insert_missing(*copies)
        return done

    monkeypatch.setattr(copy, "truncate", mutant)
    user = funded(1000)
    crashing(2, after=True, action=lambda: copy.copy_outbox(user))
    waiting.clear()

    with pytest.raises(AssertionError):
        assert_books_balance(user)


def test_a_debit_that_reads_and_then_writes_spends_money_twice(monkeypatch: Patch) -> None:
    commit_together = commit.commit_together

    def mutant(attempts: Sequence[Attempt]) -> Committed | None:
        wallet = Wallet.objects.get(user=attempts[0].order.user)
        if wallet.balance_cents + attempts[0].order.amount_cents < 0:
            return None
        return commit_together([replace(each, min_balance_cents=None) for each in attempts])

    monkeypatch.setattr(commit, "commit_together", mutant)

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
    post(Order(user, MovementKind.DEPOSIT, 1, "INR"))

    try:
        with pytest.raises(WriteError, match="duplicate key"):
            copy.copy_outbox(user)
    finally:
        entries.drop_index(index)
        database.ensure_indexes()


def test_an_answer_is_not_repeated_before_it_is_settled(monkeypatch: Patch) -> None:
    order = Order(funded(1000), MovementKind.WITHDRAWAL, -1, "INR", "k", "bank")
    post(order)

    def no_copy(user: ObjectId) -> int:
        raise ConnectionError("nothing can be made durable")

    monkeypatch.setattr(copy, "copy_outbox", no_copy)

    with pytest.raises(ConnectionError):
        post(order)


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
