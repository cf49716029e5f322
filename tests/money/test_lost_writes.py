"""A crash of the server may take back what was not answered, and takes back no answer.

Mutants seen to fail here: a copier that reads without a durable write, commits with w=1, and a
replay that is answered before it is settled.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId
from pymongo import WriteConcern

from tests.support.books import assert_books_balance, balance_of, withdrawals_of
from tests.support.company import company
from tests.support.forgetful_server import ForgetfulServer
from tests.support.interleaving import around_operations, interposed
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import Order, Receipt, lookup, post
from wallet_api.movements.lookup import KeyLookup
from wallet_api.movements.relay import copy
from wallet_api.movements.used_keys import recent

pytestmark = pytest.mark.usefixtures("app", "interposed", "company")
__all__ = ["company", "interposed"]

MOST_OPERATIONS = 12


def withdraw(user: ObjectId) -> Receipt:
    return post(Order(user, MovementKind.WITHDRAWAL, -100, "INR", "k", "bank"))


def answer(receipt: Receipt) -> tuple[Any, ...]:
    return receipt.id, receipt.balance_cents, receipt.created_at


def copied_what_was_taken_back() -> list[str]:
    """A withdrawal is still on its way to the disk while a copier runs, and the server crashes
    after the copier's n-th operation; then the withdrawal's client, unanswered, tries again."""

    def act(user: ObjectId, server: ForgetfulServer) -> None:
        withdraw(user)
        with around_operations(server):
            copy.copy_outbox(user)

    return _after_each_crash(act)


def answers_that_were_taken_back() -> list[str]:
    """A withdrawal is answered, the server crashes; the same key is sent again."""

    def act(user: ObjectId, server: ForgetfulServer) -> None:
        with around_operations(server):
            first = withdraw(user)
        server.crash()
        recent.clear()
        assert answer(withdraw(user)) == answer(first)

    return _after_each_crash(act)


def replays_that_were_taken_back() -> list[str]:
    """The first request is still on its way to the disk when the same key is sent again, and
    answered; the server crashes; the key is sent once more."""

    def act(user: ObjectId, server: ForgetfulServer) -> None:
        withdraw(user)
        recent.clear()
        with around_operations(server):
            second = withdraw(user)
        server.crash()
        recent.clear()
        assert answer(withdraw(user)) == answer(second)

    return _after_each_crash(act)


def _after_each_crash(act: Callable[[ObjectId, ForgetfulServer], None]) -> list[str]:
    """What is wrong with the books, for each operation after which the server crashed."""
    wrong = []
    for n in range(1, MOST_OPERATIONS):
        user = funded(1000)
        copy.copy_outbox(user)
        recent.clear()
        server = ForgetfulServer(user, crash_after=n)
        try:
            act(user, server)
            recent.clear()
            withdraw(user)
            assert_books_balance(user)
            assert (balance_of(user), len(withdrawals_of(user))) == (900, 1)
        except Exception as error:
            wrong.append(f"crash after operation {n}: {error!r}")
        if server.operations < n:
            return wrong
    raise AssertionError("the action never ended")


def test_nothing_is_copied_that_a_crash_can_take_back() -> None:
    assert copied_what_was_taken_back() == []


def test_an_answer_survives_a_crash() -> None:
    assert answers_that_were_taken_back() == []


def test_a_replays_answer_survives_a_crash() -> None:
    assert replays_that_were_taken_back() == []


def test_a_copier_that_merely_reads_would_copy_money_that_never_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def mutant(user: ObjectId, only_if: dict[str, Any]) -> dict[str, Any] | None:
        return Wallet._get_collection().find_one({"user": user})

    monkeypatch.setattr(copy, "read_durably", mutant)

    assert copied_what_was_taken_back() != []


@pytest.mark.parametrize("weak", [WriteConcern(w=1), WriteConcern(w="majority", j=False)], ids=str)
def test_a_commit_that_is_not_durable_would_be_answered_and_lost(
    monkeypatch: pytest.MonkeyPatch, weak: WriteConcern
) -> None:
    careless = Wallet._get_collection().with_options(write_concern=weak)
    monkeypatch.setattr(Wallet, "_get_collection", lambda *_: careless)

    assert answers_that_were_taken_back() != []


def test_a_replay_answered_before_it_is_settled_would_be_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_up = lookup.look_up

    def mutant(order: Order) -> KeyLookup | None:
        found = look_up(order)
        if found is None or not found.key_in_outbox:
            return found
        wallet = Wallet._get_collection().find_one({"user": order.user})
        assert wallet is not None
        (movement,) = wallet["outbox"]
        receipt = Receipt(
            id=movement["id"],
            status="success",
            amount_cents=-movement["amountCents"],
            currency=wallet["currency"],
            balance_cents=wallet["balanceCents"],
            created_at=movement["at"],
            replayed=True,
        )
        return replace(found, key_in_outbox=False, earlier=receipt)

    monkeypatch.setattr(lookup, "look_up", mutant)

    assert replays_that_were_taken_back() != []
