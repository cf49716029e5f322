"""Killed at any operation or asleep there, a transfer arrives once or comes back once."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.mutants import Mutant, transfers
from tests.payouts.transfers.killed import (
    asleep_at_each_operation,
    in_trouble_at_each_operation,
    killed_at_each_operation,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("app", "interposed"), pytest.mark.lengthy]

Check = Callable[[], list[str]]
Mutate = Callable[[Mutant], None]

CHECKS: dict[str, Check] = {
    "taken there, killed before it": partial(killed_at_each_operation, after=False),
    "taken there, killed after it": partial(killed_at_each_operation, after=True),
    "refused there, killed before it": partial(killed_at_each_operation, after=False, refused=True),
    "refused there, killed after it": partial(killed_at_each_operation, after=True, refused=True),
    "in trouble": in_trouble_at_each_operation,
    "asleep": asleep_at_each_operation,
    "asleep, and refused": partial(asleep_at_each_operation, refused=True),
    "asleep, and refused meanwhile": partial(asleep_at_each_operation, refused_meanwhile=True),
}


@pytest.mark.parametrize("check", CHECKS)
def test_it_arrives_once_or_comes_back_once(check: str) -> None:
    assert CHECKS[check]() == []


@pytest.mark.parametrize(
    ("mutant", "check"),
    [
        (transfers.arrival_keyed_by_the_try, "taken there, killed after it"),
        (transfers.refund_keyed_by_the_try, "asleep, and refused"),
        (transfers.refused_there_is_unknown, "refused there, killed before it"),
        (transfers.refused_for_the_moment, "asleep, and refused meanwhile"),
        (transfers.unknown_is_refused, "in trouble"),
        (transfers.arrived_is_told_by_nobody, "taken there, killed after it"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_one_that_does_not_is_seen(mutate: Mutate, mutant: Mutant, check: str) -> None:
    mutate(mutant)

    assert CHECKS[check]() != []
