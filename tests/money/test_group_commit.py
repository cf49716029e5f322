"""Movements that commit together end as if they had come one after the other."""

from collections.abc import Iterator
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.batches import (
    Done,
    Outcome,
    attempt_of,
    one_by_one,
    post_together,
    together,
)
from tests.support.books import assert_books_balance, balance_of, entries_of
from tests.support.commands import recorder
from tests.support.interleaving import crashing
from tests.support.people import funded
from wallet_api import config, errors
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements import Order, attempts, post, used_keys, wallets
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.relay import copy, worker
from wallet_api.movements.used_keys import recent

pytestmark = pytest.mark.usefixtures("app")

Move = tuple[int, str | None]
"""Minor units, signed, and the key."""


def order_of(user: ObjectId, move: Move) -> Order:
    cents, key = move
    if cents < 0:
        return Order(user, MovementKind.WITHDRAWAL, cents, "INR", key, "bank")
    return Order(user, MovementKind.DEPOSIT, cents, "INR", key)


def attempts_of(user: ObjectId, *moves: Move) -> list[Attempt]:
    return [attempt_of(order_of(user, move)) for move in moves]


def answer_to(order: Order) -> tuple[ObjectId, int] | str:
    try:
        receipt = post(order)
    except errors.InsufficientFunds:
        return "refused"
    return receipt.id, receipt.balance_cents


def seen(outcomes: list[Outcome]) -> list[Any]:
    """Amount, balance after it, and whether it was refused; None where nothing has happened."""
    return [
        (done.amount_cents, done.balance_cents, done.refused) if isinstance(done, Done) else done
        for done in outcomes
    ]


def round_trips(batch: list[Attempt]) -> int:
    with recorder.recording() as commands:
        together(batch)
    return len(commands)


def test_a_group_is_one_update() -> None:
    user = funded(1000)

    batch = attempts_of(user, (-300, "a"), (50, None), (-700, "b"))
    with recorder.recording() as commands:
        receipts = together(batch)

    assert [next(iter(command)) for command in commands] == ["findAndModify"]
    assert seen(receipts) == [(300, 700, False), (50, 750, False), (700, 50, False)]
    assert_books_balance(user)
    assert [entry["_id"] for entry in entries_of(user)[1:]] == [r.id for r in receipts if r]
    assert [e["balanceAfterCents"] for e in entries_of(user)[1:]] == [700, 750, 50]


def test_a_deposit_serves_the_withdrawal_behind_it_and_not_the_one_before() -> None:
    behind, before = funded(0), funded(0)

    assert round_trips(attempts_of(behind, (100, None), (-100, None))) == 1
    assert seen(together(attempts_of(before, (-100, None), (100, None)))) == [
        None,
        (100, 100, False),
    ]
    assert (balance_of(behind), balance_of(before)) == (0, 100)


def test_a_balance_is_not_negative_in_between_either() -> None:
    user = funded(300)

    receipts = together(attempts_of(user, (-600, None), (500, None), (-100, None)))

    assert seen(receipts) == [None, (500, 800, False), (100, 700, False)]
    assert_books_balance(user)


def test_nor_above_the_maximum() -> None:
    user = funded(0)
    Wallet.objects(user=user).update(balance_cents=MAX_BALANCE_CENTS - 150)

    receipts = together(attempts_of(user, (200, None), (-100, None), (50, None)))

    assert [receipt is not None for receipt in receipts] == [False, True, True]
    assert balance_of(user) == MAX_BALANCE_CENTS - 200


def test_funds_for_two_of_three() -> None:
    user = funded(1000)

    receipts = together(attempts_of(user, *[(-400, key) for key in "abc"]))

    assert seen(receipts) == [(400, 600, False), (400, 200, False), None]
    assert_books_balance(user)


def test_room_under_the_maximum_for_one_of_two() -> None:
    user = funded(0)
    Wallet.objects(user=user).update(balance_cents=MAX_BALANCE_CENTS - 150)

    receipts = together(attempts_of(user, (100, None), (100, None)))

    assert [receipt is not None for receipt in receipts] == [True, False]
    assert balance_of(user) == MAX_BALANCE_CENTS - 50


def test_one_key_moves_once() -> None:
    user = funded(1000)

    receipts = together(attempts_of(user, (-1, "a"), (-1, "a"), (-2, "b")))

    assert seen(receipts) == [(1, 999, False), None, (2, 997, False)]
    assert_books_balance(user)


@pytest.mark.parametrize("copied", [False, True])
def test_a_key_of_before_keeps_out_of_a_group(copied: bool) -> None:
    user = funded(1000)
    together(attempts_of(user, (-1, "a")))
    if copied:
        copy.copy_outbox(user)

    receipts = together(attempts_of(user, (-2, "b"), (-1, "a"), (-3, "c")))

    assert seen(receipts) == [(2, 997, False), None, (3, 994, False)]
    assert_books_balance(user)


def test_a_generation_of_before_keeps_out_of_a_group() -> None:
    user = funded(1000)
    before = used_keys.fence(Wallet.objects.get(user=user).generation)
    late = attempts.attempt(order_of(user, (-1, "a")), before)
    copy.copy_outbox(user)

    receipts = together([late, *attempts_of(user, (-2, "b"))])

    assert seen(receipts) == [None, (2, 998, False)]
    assert_books_balance(user)


def test_a_refusal_among_movements() -> None:
    user = funded(1000)
    now = used_keys.fence(Wallet.objects.get(user=user).generation)
    too_much = attempts.refusal(order_of(user, (-901, "much")), now)

    receipts = together([*attempts_of(user, (-100, "a")), too_much])

    assert seen(receipts) == [(100, 900, False), (901, 900, True)]
    enough_by_now = attempts.refusal(order_of(user, (-950, "more")), now)
    assert seen(together([*attempts_of(user, (50, None)), enough_by_now])) == [
        (50, 950, False),
        None,
    ]
    assert_books_balance(user)


def test_another_currency_is_none_of_the_groups() -> None:
    user = funded(1000)
    dollars = attempt_of(Order(user, MovementKind.DEPOSIT, 1, "USD"))

    assert seen(together([*attempts_of(user, (5, None)), dollars])) == [
        (5, 1005, False),
        None,
    ]
    assert seen(together([dollars, *attempts_of(user, (5, None))])) == [
        None,
        (5, 1010, False),
    ]


def test_a_deactivated_user_is_passed_over_and_the_operator_is_not() -> None:
    user = funded(1000)
    wallets.set_active(user, False)
    adjustment = attempt_of(
        Order(user, MovementKind.ADJUSTMENT, -10, "INR", "fix", reason="a slip")
    )

    assert seen(together([adjustment, *attempts_of(user, (5, None))])) == [
        (10, 990, False),
        None,
    ]


@pytest.mark.usefixtures("interposed")
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("moves", [[(-300, "a"), (50, "b")], [(-300, "a"), (-900, "b"), (50, "c")]])
def test_a_group_that_crashed_anywhere_happens_once_when_each_is_sent_again(
    moves: list[Move], after: bool
) -> None:
    n, struck = 0, True
    while struck:
        n += 1
        user = funded(1000)
        group = attempts_of(user, *moves)

        struck = crashing(n, after=after, action=lambda group=group: together(group))
        recent.clear()
        first, again = ([answer_to(order_of(user, move)) for move in moves] for _ in range(2))

        assert first == again
        assert balance_of(user) == 750
        assert_books_balance(user)
    # All at once; or, where that does not hold, each alone as well.
    assert n - 1 == (1 if len(moves) == 2 else 1 + len(moves))


@pytest.fixture
def small_outbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("OUTBOX_LIMIT", "4")
    config.settings.cache_clear()
    yield 4
    config.settings.cache_clear()


@pytest.mark.parametrize("waiting", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("coming", [2, 4, 7])
def test_an_outbox_takes_what_it_has_room_for(small_outbox: int, waiting: int, coming: int) -> None:
    user = funded(1000)
    copy.copy_outbox(user)
    together(attempts_of(user, *[(-1, None)] * waiting))

    receipts = together(attempts_of(user, *[(-1, None)] * coming))

    room = min(coming, small_outbox - waiting)
    assert [receipt is not None for receipt in receipts] == [True] * room + [False] * (
        coming - room
    )
    assert len(Wallet.objects.get(user=user).outbox) == waiting + room


@pytest.fixture
def _relay_batches_of_three(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RELAY_BATCH", "3")
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


@pytest.mark.usefixtures("_relay_batches_of_three")
def test_a_group_that_fills_a_batch_of_the_relay_has_it_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, enqueued = funded(0), []
    monkeypatch.setattr(worker, "enqueue", enqueued.append)

    for expected in ([], [user], [user, user]):
        post_together([order_of(user, (1, None)), order_of(user, (1, None))])
        assert enqueued == expected


# Keys that repeat and funds that run short, but neither so often that no group ever goes through.
move = st.tuples(
    st.integers(-300, 300).filter(bool), st.sampled_from([None, None, None, *"abcdefghij"])
)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    funds=st.integers(1, 500),
    earlier=st.lists(move, max_size=4),
    copied=st.booleans(),
    group=st.lists(move, min_size=2, max_size=5),
)
def test_a_group_ends_as_one_after_the_other(
    funds: int, earlier: list[Move], copied: bool, group: list[Move]
) -> None:
    ends = []
    for take in (together, one_by_one):
        user = funded(0)
        take_before = one_by_one(attempts_of(user, (funds, None), *earlier))
        if copied:
            copy.copy_outbox(user)
        ends.append((seen(take_before), seen(take(attempts_of(user, *group))), balance_of(user)))
        assert_books_balance(user)

    assert ends[0] == ends[1]
