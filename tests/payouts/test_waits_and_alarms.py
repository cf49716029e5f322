"""When a worker asks again, when it takes "not found" for a decline, and what the log tells people.

Each is a sentence of docs/payouts.md.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from tests.support.commands import recorder
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.worker import worker_for

pytestmark = pytest.mark.in_process("a worker runs in the test's own process")

LEASE = timedelta(seconds=60)
FINAL = timedelta(seconds=3600)
"""As the settings have them by themselves."""


def configure(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"PAYOUT_{name}", value)
    settings.cache_clear()
    registry.close_all()


def change(sent: Sent, **members: Any) -> None:
    Withdrawal._get_collection().update_one({"_id": sent.record["_id"]}, {"$set": members})


def next_wait(sent: Sent, paying: Paying) -> float:
    """Seconds from a turn to the next."""
    paying.lets_the_lease_pass(sent.created)
    before = clock.now()
    paying.run()
    due: datetime = sent.record["dueAt"]
    return (due - before).total_seconds()


def test_the_wait_doubles_up_to_the_longest(
    paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(paying, "pays_then_500", "inquiry_always_500")
    configure(monkeypatch, RETRY_SECONDS="10", RETRY_MAX_SECONDS="35")
    change(sent, tries=0)

    waits = [next_wait(sent, paying) for _ in range(5)]

    for wait, without_spread in zip(waits, (10, 20, 35, 35, 35), strict=True):
        assert 0.75 * without_spread <= wait <= 1.25 * without_spread + 1, waits


def test_what_the_gateway_did_not_take_is_held_and_told_in_the_log(
    paying: Paying, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "wallet_api")

    sent = Sent(paying, "forbidden_for_a_minute")

    assert events(caplog) == ["payout_not_taken"]
    assert (sent.record["status"], sent.balance()) == ("processing", 70_00)
    assert "refund" not in sent.record


def last_sent(sent: Sent, ago: timedelta) -> None:
    then = clock.now() - ago
    change(sent, **{"attempts.0.at": then, "attempts.0.lastAt": then})


@pytest.mark.parametrize(
    ("ago", "status", "cents"),
    [
        (FINAL + LEASE - timedelta(seconds=5), "processing", 70_00),
        (FINAL + LEASE + timedelta(seconds=1), "failed", 100_00),
    ],
)
def test_what_is_not_found_is_a_decline_a_lease_after_it_is_final(
    paying: Paying, monkeypatch: pytest.MonkeyPatch, ago: timedelta, status: str, cents: int
) -> None:
    configure(monkeypatch, KEY_LIFE_SECONDS="120")
    sent = Sent(paying, "accepts_and_loses_it")
    last_sent(sent, ago)

    next_turn(sent, paying)
    next_turn(sent, paying)

    found = sent.record
    assert (found["status"], sent.balance()) == (status, cents)
    told = (found.get("failureReason"), found.get("needsReview"))
    too_late = "not found, and too late to send it again"
    assert told == (("not_found", None) if status == "failed" else (None, too_late))


def next_turn(sent: Sent, paying: Paying) -> None:
    if "dueAt" in sent.record:
        paying.lets_the_lease_pass(sent.created)
        paying.run()


def test_a_payout_that_takes_too_long_is_told_once_in_the_log(
    paying: Paying, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "wallet_api")
    sent = Sent(paying, "settles_after_days")
    before = events(caplog)
    configure(monkeypatch, REVIEW_SECONDS="0.001")

    for _ in range(3):
        next_turn(sent, paying)

    assert before == []
    assert events(caplog) == ["payout_needs_review"]
    assert (sent.record["status"], sent.record["needsReview"]) == ("processing", "unfinished")


def events(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [each.event for each in caplog.records if hasattr(each, "event")]


@pytest.mark.slow
def test_an_idle_worker_looks_ten_times_a_second_however_many_threads_it_has(
    paying: Paying,
) -> None:
    idle = worker_for(settings().payouts)

    with recorder.recording() as commands:
        idle.start()
        time.sleep(2)
        idle.stop(5)

    looks = [command.get("find") for command in commands]
    assert set(looks) == {"withdrawals"}
    # 20, less on a machine that is busy, and never more.
    assert 10 <= len(looks) <= 22
