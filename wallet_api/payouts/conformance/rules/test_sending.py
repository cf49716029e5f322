"""A payout is asked for once, under one key, and only by `submit`."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Response
from wallet_api.payouts.conformance.trial import Asked, Trial
from wallet_api.payouts.gateway import Payout, Verdict


def test_the_same_payout_is_submitted_again_with_the_same_key_and_body(trial: Trial) -> None:
    payout = trial.payout()
    response = trial.double.answer(trial.said(payout))

    for _ in range(3):
        trial.ask(Asked.SUBMIT, payout, acts.says(response))

    assert len(trial.keys()) == 3
    assert len(set(trial.keys())) == 1
    assert len({each.body for each in trial.submissions()}) == 1


def test_another_payout_has_another_key(trial: Trial) -> None:
    for _ in range(2):
        payout = trial.payout()
        trial.ask(Asked.SUBMIT, payout, acts.says(trial.double.answer(trial.said(payout))))

    assert len(set(trial.keys())) == 2


@pytest.mark.parametrize("act", [acts.closes, acts.resets, acts.says(Response(503, b""))])
def test_a_submission_is_not_repeated_by_the_adapter_itself(trial: Trial, act: acts.Act) -> None:
    """In a new connection and in one that is used again: only the domain counts the attempts."""
    payout = trial.payout()
    response = trial.double.answer(trial.said(payout))
    trial.ask(Asked.SUBMIT, payout, acts.says(response))

    answer = trial.ask(Asked.SUBMIT, payout, act, acts.says(response))

    assert answer.verdict == Verdict.UNKNOWN
    assert len(trial.submissions()) == 2


def test_an_inquiry_never_submits(trial: Trial) -> None:
    payout = trial.payout()
    found = acts.says(trial.double.found(trial.said(payout)))
    not_found = acts.says(trial.double.not_found() or Response(404, b""))

    for act in (found, not_found, acts.closes, acts.says(Response(500, b""))):
        trial.ask(Asked.INQUIRE, payout, act)

    assert trial.gateway.requests
    assert trial.submissions() == []


def test_threads_that_ask_at_once_get_each_its_own_answer(trial: Trial) -> None:
    payouts = [trial.payout() for _ in range(24)]
    answers = {p.reference: trial.double.answer(trial.said(p)) for p in payouts}

    def response_to(request: acts.Request) -> Response:
        return answers[trial.double.key_of(request) or ""]

    trial.gateway.answers(response_to)

    def repeated(payout: Payout) -> bool:
        return trial.adapter.submit(payout).reference == payout.reference

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(repeated, payouts))


def test_a_closed_adapter_can_be_closed_again(trial: Trial) -> None:
    trial.adapter.close()
    trial.adapter.close()
