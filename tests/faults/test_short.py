"""The short form of the fault run: the promises hold through three kinds of kill -9."""

import pytest

from tests.faults import strikes
from tests.faults.scenarios import Scenario
from tests.faults.trial import attempt


@pytest.mark.parametrize(
    ("strike", "times"),
    [(strikes.kill_worker, 2), (strikes.kill_tree, 1), (strikes.kill_mongod, 3)],
    ids=["of a worker", "of the whole service", "of the database"],
)
def test_no_cent_is_lost_in_a_kill_9(strike: object, times: int) -> None:
    outcome = attempt(Scenario(str(strike), strike, times, mutant=""), seed=1)

    assert outcome.violations == []
    assert outcome.struck == times
    assert outcome.acknowledged > 100
