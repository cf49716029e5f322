"""A withdrawal held before any one of its operations while another runs: no limit is passed."""

from collections.abc import Callable, Iterator

import pytest

from tests.money.interleavings import (
    limits_that_are_set_meanwhile,
    refunds_that_cross_withdrawals,
    withdrawals_that_cross_a_limit,
)
from tests.mutants import Mutant, limits
from wallet_api.config import settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("app", "interposed", "limited"),
    pytest.mark.lengthy,
]

Mutate = Callable[[Mutant], None]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A day's withdrawals are 1.00 INR at most."""
    monkeypatch.setenv("LIMIT_PER_DAY", "INR:1")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("both_commits")
@pytest.mark.parametrize(
    "what_crosses",
    [withdrawals_that_cross_a_limit, limits_that_are_set_meanwhile, refunds_that_cross_withdrawals],
    ids=lambda check: check.__name__,
)
def test_a_limit_holds_wherever_a_request_slept(what_crosses: Callable[[], list[str]]) -> None:
    assert what_crosses() == []


@pytest.mark.parametrize(
    ("mutant", "what_crosses"),
    [
        (limits.look_then_withdraw, withdrawals_that_cross_a_limit),
        (limits.look_then_withdraw, limits_that_are_set_meanwhile),
        (limits.limits_of_any_time, limits_that_are_set_meanwhile),
        (limits.no_share_back, refunds_that_cross_withdrawals),
    ],
    ids=lambda each: each.__name__,
)
def test_a_limit_that_does_not_hold_is_seen(
    mutate: Mutate, mutant: Mutant, what_crosses: Callable[[], list[str]]
) -> None:
    mutate(mutant)

    assert what_crosses() != []
