"""Withdrawals that share an update keep the limits as if they had come one after the other."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.mutants import Mutant, limits
from tests.support.batches import Done, post_together, together
from tests.support.books import assert_books_balance, balance_of
from tests.support.commands import recorder
from tests.support.people import funded
from tests.support.time import money_moves_at
from wallet_api.config import settings
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import LimitExceeded
from wallet_api.movements import Order, attempts, used_keys
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.limits import own
from wallet_api.movements.limits.allowance import allowance_of
from wallet_api.movements.limits.claims import Claim, condition_of

pytestmark = [pytest.mark.usefixtures("app", "limited"), pytest.mark.lengthy]

NOON = datetime(2026, 2, 24, 12, tzinfo=UTC)
PER_DAY = 100


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A day's withdrawals are 1.00 INR at most, and three."""
    monkeypatch.setenv("LIMIT_PER_DAY", "INR:1")
    monkeypatch.setenv("LIMIT_COUNT_PER_DAY", "3")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def withdrawal(user: ObjectId, cents: int) -> Attempt:
    order = Order(user, MovementKind.WITHDRAWAL, -cents, "INR", None, "bank")
    return attempts.attempt(order, used_keys.NO_GUARD, allowance_of("INR", None))


def spent(user: ObjectId) -> list[tuple[int, int]]:
    wallet = Wallet._get_collection().find_one({"user": user})
    return [(day["cents"], day["count"]) for day in wallet.get("spent", {}).values()]


def done(outcomes: list[Any]) -> list[bool]:
    return [isinstance(each, Done) for each in outcomes]


@pytest.mark.parametrize("beside", [False, True])
def test_a_group_within_the_limits_is_one_update(beside: bool) -> None:
    user, other = funded(1000), funded(1000)
    batch = [withdrawal(user, 50), withdrawal(user, 20), withdrawal(user, 30)]
    batch += [withdrawal(other, 100)] if beside else []

    with recorder.recording() as commands:
        outcomes = together(batch)

    assert done(outcomes) == [True] * len(batch)
    assert len(commands) == (2 if beside else 1)
    assert spent(user) == [(100, 3)]
    assert_books_balance(user)


@pytest.mark.parametrize("cents", [[50, 51], [10, 10, 10, 10], [101, 10], [60, 60, 40]])
def test_a_group_beyond_the_limits_commits_what_would_have_committed_alone(
    cents: list[int],
) -> None:
    user, alone = funded(1000), funded(1000)

    outcomes = together([withdrawal(user, each) for each in cents])

    one_by_one = [together([withdrawal(alone, each)])[0] for each in cents]
    assert done(outcomes) == done(one_by_one)
    assert spent(user) == spent(alone)
    assert balance_of(user) == balance_of(alone) >= 1000 - PER_DAY


def test_withdrawals_of_two_days_share_no_update(monkeypatch: pytest.MonkeyPatch) -> None:
    user = funded(1000)
    money_moves_at(NOON, monkeypatch)
    today = withdrawal(user, 100)
    money_moves_at(NOON + timedelta(days=1), monkeypatch)

    outcomes = together([today, withdrawal(user, 100)])

    assert done(outcomes) == [True, True]
    assert spent(user) == [(100, 1), (100, 1)]


def test_withdrawals_reckoned_by_two_limits_share_no_update() -> None:
    user = funded(1000)
    old = withdrawal(user, 100)
    own.set_limits(user, {"per_day_cents": 150})
    order = Order(user, MovementKind.WITHDRAWAL, -100, "INR", None, "bank")
    allowance = allowance_of("INR", {"perDayCents": 150})
    new = attempts.attempt(order, used_keys.NO_GUARD, allowance)

    assert done(together([old, new])) == [False, True]


def test_of_many_at_once_the_refused_are_told_and_stored() -> None:
    user = funded(1000)
    orders = [Order(user, MovementKind.WITHDRAWAL, -40, "INR", f"k{n}", "bank") for n in range(8)]

    answers = post_together(orders)

    assert sum(isinstance(each, LimitExceeded) for each in answers) == 6
    assert spent(user) == [(80, 2)]
    assert_books_balance(user)


claims = st.builds(
    Claim,
    own=st.none(),
    day=st.just("20260224"),
    cents=st.integers(-3, 3),
    min_cents=st.none() | st.integers(-1, 4),
    max_cents=st.none() | st.integers(-1, 4),
)


@given(group=st.lists(claims, min_size=1, max_size=4), before=st.none() | st.integers(0, 4))
@hypothesis_settings(
    max_examples=300, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_condition_of_a_group_is_that_of_each_after_the_ones_before(
    group: list[Claim], before: int | None
) -> None:
    """By MongoDB itself, on a sum that is there or not."""
    sums, holds = before or 0, True
    for claim in group:
        holds = holds and (claim.min_cents is None or sums >= claim.min_cents)
        holds = holds and (claim.max_cents is None or sums <= claim.max_cents)
        sums += claim.cents
    wallets = Wallet._get_collection()
    wallet = {"user": ObjectId(), "schemaVersion": -1}
    spent_before = {} if before is None else {"spent": {"20260224": {"cents": before}}}
    id_ = wallets.insert_one(wallet | spent_before).inserted_id

    found = wallets.find_one({"_id": id_} | condition_of(group))

    wallets.delete_one({"_id": id_})
    assert (found is not None) == holds


def test_a_group_of_which_only_the_first_is_checked_is_seen(
    mutate: Callable[[Mutant], None],
) -> None:
    mutate(limits.first_of_a_group)

    with pytest.raises(AssertionError):
        test_a_group_beyond_the_limits_commits_what_would_have_committed_alone([50, 51])
