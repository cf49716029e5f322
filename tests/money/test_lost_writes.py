"""A crash of the server may take back what was not answered, and takes back no answer.

Mutants seen to fail here: a relay that reads without a durable write, commits with w=1, and a
replay that is answered before it is settled.
"""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId

from tests.mutants import Mutant, keys, relay, writes
from tests.support.books import assert_books_balance, balance_of, withdrawals_of
from tests.support.forgetful_server import ForgetfulServer
from tests.support.interleaving import around_operations
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import Order, Receipt, post
from wallet_api.movements.relay import copy
from wallet_api.movements.used_keys import recent

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("app", "interposed", "both_commits")]

MOST_OPERATIONS = 12

Mutate = Callable[[Mutant], None]


def withdraw(user: ObjectId) -> Receipt:
    return post(Order(user, MovementKind.WITHDRAWAL, -100, "INR", "k", "bank"))


def answer(receipt: Receipt) -> tuple[Any, ...]:
    return receipt.id, receipt.balance_cents, receipt.created_at


def copied_what_was_taken_back() -> list[str]:
    """A withdrawal is still on its way to the disk while a relay runs, and the server crashes
    after the relay's n-th operation; then the withdrawal's client, unanswered, tries again."""

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


def test_a_relay_that_merely_reads_would_copy_money_that_never_moved(mutate: Mutate) -> None:
    mutate(relay.mere_read)

    assert copied_what_was_taken_back() != []


@pytest.mark.parametrize("weak", [writes.w1, writes.unjournaled], ids=lambda weak: weak.__name__)
def test_a_commit_that_is_not_durable_would_be_answered_and_lost(
    mutate: Mutate, weak: Mutant
) -> None:
    mutate(weak)

    assert answers_that_were_taken_back() != []


def test_a_replay_answered_before_it_is_settled_would_be_taken_back(mutate: Mutate) -> None:
    mutate(keys.answered_from_outbox)

    assert replays_that_were_taken_back() != []
