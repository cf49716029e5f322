"""An adapter is back within its deadline, and in bounded memory, whatever the gateway does."""

import tracemalloc
from collections.abc import Callable

import pytest

from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Act, Response
from wallet_api.payouts.conformance.trial import DEADLINE_SECONDS, Asked, Trial
from wallet_api.payouts.gateway import Verdict

MOST_BYTES = 16 * 2**20

STALLS: dict[str, Callable[[Response], Act]] = {
    "never_answers": lambda _: acts.hangs,
    "answers_late": lambda response: acts.waits_and_says(DEADLINE_SECONDS * 4, response),
    "drips": acts.drips,
    "drips_its_body": acts.drips_its_body,
    "sends_an_endless_head": lambda _: acts.sends_an_endless_head,
}


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("stalls", STALLS.values(), ids=STALLS)
def test_a_gateway_that_stalls_is_left_at_the_deadline_and_its_answer_is_unknown(
    trial: Trial, asked: Asked, stalls: Callable[[Response], Act]
) -> None:
    payout = trial.payout()
    response = trial.response(asked, trial.said(payout))

    answer = trial.ask_in_time(asked, payout, stalls(response))

    assert answer.verdict == Verdict.UNKNOWN


HUGE: dict[str, Callable[[Response], Act]] = {
    "sends_a_gigabyte": acts.sends_a_gigabyte,
    "sends_a_gzip_bomb": acts.sends_a_bomb,
    "sends_an_endless_head": lambda _: acts.sends_an_endless_head,
}


@pytest.mark.parametrize("asked", Asked)
@pytest.mark.parametrize("huge", HUGE.values(), ids=HUGE)
def test_an_answer_of_a_gigabyte_is_cut_off_and_unknown(
    trial: Trial, asked: Asked, huge: Callable[[Response], Act]
) -> None:
    payout = trial.payout()
    response = trial.response(asked, trial.said(payout))
    act = huge(response)
    trial.ask(asked, payout, acts.says(response))
    tracemalloc.start()

    answer = trial.ask_in_time(asked, payout, act)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.verdict == Verdict.UNKNOWN
    assert peak < MOST_BYTES
