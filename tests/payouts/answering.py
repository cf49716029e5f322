"""A gateway whose answers a test decides, one after the other."""

from collections.abc import Callable, Iterable

import pytest

from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api.payouts import worker
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.gateway import Answer, Payout, Verdict

Patch = pytest.MonkeyPatch


class Answering:
    """Answers a submission and an inquiry alike; the last answer of the list stays."""

    def __init__(self, patch: Patch, *verdicts: Verdict) -> None:
        self._verdicts = list(verdicts)
        self._meanwhile: Callable[[], object] | None = None
        patch.setattr(HttpGateway, "submit", self._answer)
        patch.setattr(HttpGateway, "inquire", self._answer)

    def says(self, *verdicts: Verdict, meanwhile: Callable[[], object] | None = None) -> None:
        """From now on. `meanwhile`: while its first answer is on its way."""
        self._verdicts, self._meanwhile = list(verdicts), meanwhile

    def _answer(self, payout: Payout) -> Answer:
        verdict = self._verdicts.pop(0) if len(self._verdicts) > 1 else self._verdicts[0]
        if self._meanwhile is not None:
            happens, self._meanwhile = self._meanwhile, None
            happens()
        return Answer(verdict=verdict, reference=payout.reference)


def goes_on(paying: Paying, withdrawals: Iterable[Sent]) -> None:
    """Workers take up what is due, however long that would be waited for."""
    for _ in range(4):
        for each in withdrawals:
            paying.lets_the_lease_pass(each.created)
        worker.run_once()
