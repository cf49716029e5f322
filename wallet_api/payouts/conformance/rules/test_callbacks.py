"""A callback that the gateway has not sent is refused, and one that it has sent is read."""

from datetime import UTC, datetime, timedelta

import pytest

from wallet_api.payouts.conformance.double import Callback, Said
from wallet_api.payouts.conformance.trial import Trial, another
from wallet_api.payouts.gateway import Forged, Payout, Verdict

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def callback(trial: Trial, said: Said, *, forged: bool = False) -> Callback:
    found = trial.double.callback(said, "evt-1", NOW, forged=forged)
    if found is None:
        pytest.skip("the gateway sends no callbacks")
    return found


def settled(trial: Trial, payout: Payout) -> Callback:
    return callback(trial, trial.said(payout))


@pytest.mark.parametrize("verdict", [Verdict.SETTLED, Verdict.DECLINED, Verdict.RETURNED])
def test_a_callback_tells_the_payout_and_its_verdict(trial: Trial, verdict: Verdict) -> None:
    if verdict not in trial.double.words:
        pytest.skip("the gateway has no word for it")
    payout = trial.payout()
    genuine = callback(trial, trial.said(payout, verdict))

    (event,) = trial.adapter.parse_callback(genuine.headers, genuine.body, NOW)

    assert event.id
    assert event.reference == payout.reference
    assert event.answer.verdict == verdict
    assert event.answer.amount_cents == payout.amount_cents
    assert event.answer.currency == payout.currency


@pytest.mark.parametrize("what", ["reference", "amount", "currency"])
def test_a_callback_repeats_what_it_is_about(trial: Trial, what: str) -> None:
    other = another(trial.said(trial.payout()), what)
    genuine = callback(trial, other)

    (event,) = trial.adapter.parse_callback(genuine.headers, genuine.body, NOW)

    assert event.reference == other.reference
    assert event.answer.amount_cents == other.amount_cents
    assert event.answer.currency == other.currency


def test_a_callback_with_the_secret_of_somebody_else_is_refused(trial: Trial) -> None:
    forged = callback(trial, trial.said(trial.payout()), forged=True)

    with pytest.raises(Forged):
        trial.adapter.parse_callback(forged.headers, forged.body, NOW)


def test_a_callback_whose_body_was_changed_is_refused(trial: Trial) -> None:
    genuine = settled(trial, trial.payout())

    for body in (genuine.body + b" ", genuine.body[:-1], b"", b"{}"):
        with pytest.raises(Forged):
            trial.adapter.parse_callback(genuine.headers, body, NOW)


def test_a_callback_without_its_headers_is_refused(trial: Trial) -> None:
    genuine = settled(trial, trial.payout())

    with pytest.raises(Forged):
        trial.adapter.parse_callback({}, genuine.body, NOW)


@pytest.mark.parametrize("odd", ["", "v1,", "v1", ",", "é", "\x00", "a" * 9000, "v1,é v1,"])
def test_no_header_can_be_so_odd_that_it_raises_something_else(trial: Trial, odd: str) -> None:
    genuine = settled(trial, trial.payout())

    for name in genuine.headers:
        try:
            trial.adapter.parse_callback({**genuine.headers, name: odd}, genuine.body, NOW)
        except Forged:
            continue


def test_a_callback_whose_time_is_signed_cannot_be_played_again_later(trial: Trial) -> None:
    tolerance = trial.double.callback_tolerance
    if tolerance is None:
        pytest.skip("its signature has no time")
    genuine = settled(trial, trial.payout())
    within, beyond = tolerance - timedelta(seconds=2), tolerance + timedelta(seconds=2)

    for received in (NOW + within, NOW - within):
        assert trial.adapter.parse_callback(genuine.headers, genuine.body, received)
    for received in (NOW + beyond, NOW - beyond):
        with pytest.raises(Forged):
            trial.adapter.parse_callback(genuine.headers, genuine.body, received)
