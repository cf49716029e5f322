"""A request that the gateway refuses for a reason of ours was not taken: that is no decline."""

from collections.abc import Callable

import pytest

from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Response
from wallet_api.payouts.conformance.trial import Asked, Trial
from wallet_api.payouts.gateway import Verdict

BODIES = {"empty": b"", "html": b"<html>", "json": b'{"error": {"code": "declined"}}'}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_submission_that_is_refused_at_the_door_is_not_taken(
    trial: Trial, status: int, body: bytes
) -> None:
    answer = trial.ask(Asked.SUBMIT, trial.payout(), acts.says(Response(status, body)))

    assert answer.verdict == Verdict.NOT_TAKEN
    assert not answer.reference_is_spent


@pytest.mark.parametrize("status", [401, 403, 429])
def test_an_inquiry_that_is_refused_at_the_door_says_nothing_of_the_payout(
    trial: Trial, status: int
) -> None:
    answer = trial.ask(Asked.INQUIRE, trial.payout(), acts.says(Response(status, b"{}")))

    assert answer.verdict in (Verdict.NOT_TAKEN, Verdict.UNKNOWN)
    assert not answer.reference_is_spent


@pytest.mark.parametrize(
    "header", [lambda: "90", lambda: acts.http_date(90)], ids=["seconds", "date"]
)
def test_retry_after_is_read_in_both_forms(trial: Trial, header: Callable[[], str]) -> None:
    busy = Response(429, b"", {"Retry-After": header()})

    answer = trial.ask(Asked.SUBMIT, trial.payout(), acts.says(busy))

    assert answer.retry_after_seconds is not None
    assert 85 <= answer.retry_after_seconds <= 91


@pytest.mark.parametrize(
    "header",
    ["", "soon", "-5", "1.5", "9" * 30, "Thu, 99 Foo 2026 00:00:00 GMT", acts.http_date(10**9)],
)
def test_a_retry_after_that_is_absurd_holds_nothing_up(trial: Trial, header: str) -> None:
    busy = Response(429, b"", {"Retry-After": header})

    answer = trial.ask(Asked.SUBMIT, trial.payout(), acts.says(busy))

    assert answer.verdict == Verdict.NOT_TAKEN
    assert 0 <= (answer.retry_after_seconds or 0) <= 86_400
