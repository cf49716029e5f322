"""A request held before any one of its operations while the same key is used by another.

`violations` is the check; test_mutants proves that it sees what it should.
"""

import pytest

from tests.money.interleavings import (
    copiers_that_cross,
    reversals_that_cross,
    same_key_that_crosses,
    spends_that_cross,
)
from tests.support.interleaving import interposed

pytestmark = pytest.mark.usefixtures("app", "interposed")
__all__ = ["interposed"]


@pytest.mark.parametrize("crowded", [False, True], ids=["by the filter", "by the generation"])
def test_a_key_moves_money_once_wherever_its_first_request_slept(crowded: bool) -> None:
    assert same_key_that_crosses(crowded=crowded) == []


def test_a_copier_that_slept_anywhere_does_no_harm() -> None:
    assert copiers_that_cross() == []


def test_two_requests_never_spend_the_same_money() -> None:
    assert spends_that_cross() == []


def test_two_reversals_refund_once() -> None:
    assert reversals_that_cross() == []
