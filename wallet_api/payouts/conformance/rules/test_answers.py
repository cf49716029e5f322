"""What the gateway says is translated, and what it says it about is repeated."""

from dataclasses import replace

import pytest

from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.trial import Asked, Trial, another
from wallet_api.payouts.gateway import Verdict


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize(
    "verdict", [Verdict.ACCEPTED, Verdict.SETTLED, Verdict.DECLINED, Verdict.RETURNED]
)
def test_each_word_has_its_verdict(trial: Trial, asked: Asked, verdict: Verdict) -> None:
    if verdict not in trial.double.words:
        pytest.skip("the gateway has no word for it")
    payout = trial.payout()
    response = trial.response(asked, trial.said(payout, verdict))

    answer = trial.ask(asked, payout, acts.says(response))

    assert answer.verdict == verdict


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("word", ["in_orbit", "SETTLED?", "failed_maybe"])
def test_a_word_that_nobody_knows_is_accepted(trial: Trial, asked: Asked, word: str) -> None:
    payout = trial.payout()
    response = trial.response(asked, replace(trial.said(payout), word=word))

    answer = trial.ask(asked, payout, acts.says(response))

    assert answer.verdict == Verdict.ACCEPTED


@pytest.mark.parametrize("asked", Asked)
def test_reference_amount_and_currency_are_repeated(trial: Trial, asked: Asked) -> None:
    payout = trial.payout()
    response = trial.response(asked, trial.said(payout))

    answer = trial.ask(asked, payout, acts.says(response))

    assert answer.reference == payout.reference
    assert answer.amount_cents == payout.amount_cents
    assert answer.currency == payout.currency
    assert answer.needs_review is None


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("verdict", [Verdict.SETTLED, Verdict.DECLINED])
@pytest.mark.parametrize("what", ["reference", "amount", "currency"])
def test_an_answer_about_another_payout_is_repeated_as_it_is(
    trial: Trial, asked: Asked, verdict: Verdict, what: str
) -> None:
    """So that the domain sees it. An adapter that sees it itself says unknown, for a person."""
    payout = trial.payout()
    other = another(trial.said(payout, verdict), what)

    answer = trial.ask(asked, payout, acts.says(trial.response(asked, other)))

    repeated = (answer.reference, answer.amount_cents, answer.currency)
    is_told = answer.verdict == Verdict.UNKNOWN and answer.needs_review is not None
    assert is_told or repeated == (other.reference, other.amount_cents, other.currency)


def test_not_found_is_said_by_the_gateways_own_answer(trial: Trial) -> None:
    response = trial.double.not_found()
    if response is None:
        pytest.skip("the gateway never says so")

    inquired = trial.ask(Asked.INQUIRE, trial.payout(), acts.says(response))
    submitted = trial.ask(Asked.SUBMIT, trial.payout(), acts.says(response))

    assert inquired.verdict == Verdict.NOT_FOUND
    assert submitted.verdict == Verdict.UNKNOWN


def test_two_payouts_of_one_reference_are_unknown_and_need_a_person(trial: Trial) -> None:
    payout = trial.payout()
    paid, declined = (trial.said(payout, v) for v in (Verdict.SETTLED, Verdict.DECLINED))
    response = trial.double.two_found(paid, declined)
    if response is None:
        pytest.skip("the gateway answers with one at most")

    answer = trial.ask(Asked.INQUIRE, payout, acts.says(response))

    assert answer.verdict == Verdict.UNKNOWN
    assert answer.needs_review
