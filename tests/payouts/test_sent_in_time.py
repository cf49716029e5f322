"""What is sent is sent within its lease, however long a worker waits before it."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.mutants import Mutant, payouts
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api.config import settings
from wallet_api.payouts import worker
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.gateway import Answer, Payout, Verdict
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.pay import Turn

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

LEASE_SECONDS = 0.5

Mutate = Callable[[Mutant], None]


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The references that a gateway was sent, of which it takes one in two leases."""
    monkeypatch.setenv("PAYOUT_LEASE_SECONDS", str(LEASE_SECONDS))
    monkeypatch.setenv("PAYOUT_HTTP_TIMEOUT_SECONDS", str(LEASE_SECONDS / 2))
    settings.cache_clear()
    found: list[str] = []
    pace = 1 / (2 * LEASE_SECONDS)
    slow = property(lambda self: replace(self._traits, per_second=pace))
    monkeypatch.setattr(HttpGateway, "traits", slow)

    def submit(self: HttpGateway, payout: Payout) -> Answer:
        found.append(payout.reference)
        return Answer(verdict=Verdict.SETTLED, reference=payout.reference)

    monkeypatch.setattr(HttpGateway, "submit", submit)
    return found


def _run_at_once(turns: Sequence[Turn]) -> None:
    with ThreadPoolExecutor(len(turns)) as pool:
        for done in [pool.submit(turn.run) for turn in turns]:
            done.result()


def test_who_has_waited_for_a_gateways_pace_looks_at_the_lease_after_it(
    paying: Paying, submitted: list[str]
) -> None:
    both = [Sent(paying, runs=False) for _ in range(2)]
    begun = time.monotonic()

    _run_at_once(worker.take_up(Paces(), 2))

    assert len(submitted) == 1
    assert time.monotonic() - begun > 2 * LEASE_SECONDS
    assert sorted(each.record["status"] for each in both) == ["processing", "success"]


def test_who_does_not_look_at_it_sends_too_late(
    paying: Paying, submitted: list[str], mutate: Mutate
) -> None:
    mutate(payouts.the_lease_is_not_looked_at)
    for _ in range(2):
        Sent(paying, runs=False)

    _run_at_once(worker.take_up(Paces(), 2))

    assert len(submitted) == 2
