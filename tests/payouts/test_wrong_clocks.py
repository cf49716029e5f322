"""Hosts whose clocks are hours apart pay nobody back who is paid, and pay nobody twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from tests.mutants import Mutant, payouts
from tests.payouts.answering import Answering
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.payouts import worker
from wallet_api.payouts.gateway import Verdict

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

Mutate = Callable[[Mutant], None]

AHEAD, BEHIND = timedelta(hours=2), -timedelta(hours=2)


@contextmanager
def _on_a_host(ahead: timedelta) -> Iterator[None]:
    right = clock.now

    def wrong() -> datetime:
        return right() + ahead

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", wrong)
        yield


def _begins(paying: Paying, gateway: Answering, ahead: timedelta) -> Sent:
    """A worker of this host sends it, and hears nothing."""
    sent = Sent(paying, runs=False)
    paying.due_since(sent.created, timedelta(hours=3))
    gateway.says(Verdict.UNKNOWN)
    with _on_a_host(ahead):
        assert worker.run_once() == 1
    paying.due_since(sent.created, timedelta(hours=3))
    return sent


def _is_not_refunded(paying: Paying, patch: pytest.MonkeyPatch, first: timedelta) -> None:
    """Another host asks at once, and the gateway finds the payout a little later."""
    gateway = Answering(patch)
    sent = _begins(paying, gateway, first)
    gateway.says(Verdict.NOT_FOUND, Verdict.UNKNOWN)

    with _on_a_host(first + AHEAD):
        worker.run_once()

    assert (sent.record["status"], sent.balance()) == ("processing", 7000)


@pytest.mark.parametrize("first", [timedelta(0), BEHIND], ids=["the second", "the first"])
def test_what_is_not_found_yet_is_not_refunded(
    paying: Paying, monkeypatch: pytest.MonkeyPatch, first: timedelta
) -> None:
    _is_not_refunded(paying, monkeypatch, first)


@pytest.mark.parametrize("first", [timedelta(0), BEHIND], ids=["the second", "the first"])
def test_by_the_hosts_own_clocks_it_is(
    paying: Paying, monkeypatch: pytest.MonkeyPatch, mutate: Mutate, first: timedelta
) -> None:
    mutate(payouts.each_host_has_its_clock)

    with pytest.raises(AssertionError, match="failed"):
        _is_not_refunded(paying, monkeypatch, first)


def _is_not_sent_again(paying: Paying, patch: pytest.MonkeyPatch) -> None:
    """The gateway has forgotten its key by now; the host's clock says that it has not."""
    patch.setenv("PAYOUT_KEY_LIFE_SECONDS", "60.001")
    settings.cache_clear()
    gateway = Answering(patch)
    sent = _begins(paying, gateway, timedelta(0))
    gateway.says(Verdict.NOT_FOUND, Verdict.SETTLED)

    with _on_a_host(BEHIND):
        worker.run_once()

    assert sent.record["status"] == "processing"
    assert sent.record["needsReview"] == "not found, and too late to send it again"


def test_what_may_be_forgotten_is_not_sent_again(
    paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    _is_not_sent_again(paying, monkeypatch)


def test_by_its_own_clock_a_host_sends_it_again(
    paying: Paying, monkeypatch: pytest.MonkeyPatch, mutate: Mutate
) -> None:
    mutate(payouts.each_host_has_its_clock)

    with pytest.raises(AssertionError, match="success"):
        _is_not_sent_again(paying, monkeypatch)
