"""Each rule of the conformance kit turns red for an adapter that breaks it, and for no other."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest

from tests.mutants import gateways
from tests.mutants.kinds import Mutant
from tests.payouts import doubles
from tests.payouts import test_razorpayx_adapter as razorpayx
from wallet_api.payouts.adapters.razorpayx import RazorpayXGateway
from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Response
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway
from wallet_api.payouts.conformance.rules import (
    test_answers,
    test_callbacks,
    test_deadline,
    test_lists,
    test_refusals,
    test_sending,
    test_unknown,
    test_what_it_pays,
)
from wallet_api.payouts.conformance.trial import DEADLINE_SECONDS, Asked, Trial
from wallet_api.payouts.gateway import Forged, Verdict

pytestmark = pytest.mark.lengthy

SUBMIT, INQUIRE = Asked
RED = (AssertionError, pytest.fail.Exception, OverflowError, UnicodeEncodeError, Forged)
"""The rule's own assertion, or what an adapter let through: nothing that a wrong test raises."""

Rule = Callable[[Trial], None]


def rule(function: Callable[..., None], *values: object) -> Rule:
    """With its parameters, but for the trial."""
    return lambda trial: function(trial, *values)


stalls = partial(
    rule,
    test_deadline.test_a_gateway_that_stalls_is_left_at_the_deadline_and_its_answer_is_unknown,
)
at_the_door = partial(
    rule, test_refusals.test_a_submission_that_is_refused_at_the_door_is_not_taken
)
about_another = partial(rule, test_answers.test_an_answer_about_another_payout_is_repeated_as_it_is)

RULES: dict[Mutant, Rule] = {
    gateways.no_answer_is_a_decline: stalls(SUBMIT, lambda _: acts.hangs),
    gateways.a_refusal_at_the_door_is_a_decline: at_the_door(401, b""),
    gateways.forbidden_is_a_decline: at_the_door(403, b"<html>"),
    gateways.a_server_error_was_not_taken: rule(
        test_unknown.test_a_server_error_is_unknown_whatever_its_body_says, SUBMIT, 503
    ),
    gateways.a_broken_connection_sent_nothing: rule(
        test_unknown.test_a_connection_that_breaks_off_is_unknown, SUBMIT, lambda _: acts.closes
    ),
    gateways.any_status_answers: rule(
        test_unknown.test_a_server_error_is_unknown_whatever_its_body_says, INQUIRE, 500
    ),
    gateways.redirects_are_followed: rule(
        test_unknown.test_a_redirect_is_not_followed_and_unknown, SUBMIT, 307
    ),
    gateways.the_deadline_is_for_each_read: stalls(INQUIRE, acts.drips),
    gateways.answers_are_read_to_their_end: rule(
        test_deadline.test_an_answer_of_a_gigabyte_is_cut_off_and_unknown,
        SUBMIT,
        acts.sends_a_gigabyte,
    ),
    gateways.any_404_says_not_found: rule(
        test_unknown.test_a_client_error_without_the_gateways_own_words_is_unknown,
        INQUIRE,
        404,
        b'{"message": "no such path"}',
    ),
    gateways.the_first_of_two_is_taken: rule(
        test_answers.test_two_payouts_of_one_reference_are_unknown_and_need_a_person
    ),
    gateways.two_found_are_no_matter_for_a_person: rule(
        test_answers.test_two_payouts_of_one_reference_are_unknown_and_need_a_person
    ),
    gateways.a_list_is_no_answer_and_no_more: rule(
        test_answers.test_two_payouts_of_one_reference_are_unknown_and_need_a_person
    ),
    gateways.an_unknown_word_is_a_decline: rule(
        test_answers.test_a_word_that_nobody_knows_is_accepted, SUBMIT, "in_orbit"
    ),
    gateways.the_amount_is_not_repeated: about_another(SUBMIT, Verdict.SETTLED, "amount"),
    gateways.the_currency_is_not_repeated: about_another(INQUIRE, Verdict.DECLINED, "currency"),
    gateways.the_reference_is_the_one_that_was_asked_for: about_another(
        INQUIRE, Verdict.SETTLED, "reference"
    ),
    gateways.each_submission_has_a_new_key: rule(
        test_sending.test_the_same_payout_is_submitted_again_with_the_same_key_and_body
    ),
    gateways.what_is_unknown_is_submitted_again: rule(
        test_sending.test_a_submission_is_not_repeated_by_the_adapter_itself,
        acts.says(Response(503, b"")),
    ),
    gateways.an_inquiry_submits: rule(test_sending.test_an_inquiry_never_submits),
    gateways.members_are_believed_unread: rule(
        test_unknown.test_no_member_of_an_answer_can_be_so_odd_that_it_raises_or_cannot_be_stored,
        SUBMIT,
    ),
    gateways.retry_after_has_no_bound: rule(
        test_refusals.test_a_retry_after_that_is_absurd_holds_nothing_up, acts.http_date(10**8)
    ),
    gateways.retry_after_is_seconds_only: rule(
        test_refusals.test_retry_after_is_read_in_both_forms, lambda: acts.http_date(90)
    ),
    gateways.signatures_are_not_compared: rule(
        test_callbacks.test_a_callback_with_the_secret_of_somebody_else_is_refused
    ),
    gateways.callbacks_are_good_for_ever: rule(
        test_callbacks.test_a_callback_whose_time_is_signed_cannot_be_played_again_later
    ),
    gateways.only_the_first_secret_counts: rule(
        test_callbacks.test_a_callback_tells_the_payout_and_its_verdict, Verdict.SETTLED
    ),
    gateways.a_list_that_breaks_off_is_short: rule(
        test_lists.test_a_list_that_cannot_be_read_is_an_error_and_not_empty, acts.closes
    ),
    gateways.a_wallet_is_paid_by_a_bank: rule(
        test_what_it_pays.test_what_it_cannot_pay_is_refused_with_the_rule
    ),
}

OF_RAZORPAYX: dict[Mutant, Callable[[RazorpayXGateway, HostileGateway], None]] = {
    gateways.too_little_money_of_ours_is_a_decline: razorpayx.test_too_little_money_in_our_account_is_no_decline_and_spends_the_reference,  # noqa: E501
    gateways.a_spent_reference_is_used_again: razorpayx.test_too_little_money_in_our_account_is_no_decline_and_spends_the_reference,  # noqa: E501
    gateways.large_amounts_go_by_imps: partial(
        razorpayx.test_the_mode_follows_from_the_amount, amount=50_000_001, mode="RTGS"
    ),
    gateways.lists_are_one_page: razorpayx.test_the_list_is_read_page_by_page_and_what_comes_again_is_left_out,  # noqa: E501
}


@pytest.fixture
def trial(hostile: HostileGateway) -> Iterator[Trial]:
    adapter = doubles.http(hostile.url, timedelta(seconds=DEADLINE_SECONDS))
    yield Trial(adapter, doubles.HttpDouble(), hostile)
    adapter.close()


@pytest.mark.parametrize("mutant", RULES, ids=lambda mutant: mutant.__name__)
def test_an_adapter_that_breaks_a_rule_is_told(
    mutate: Callable[[Mutant], None], trial: Trial, mutant: Mutant
) -> None:
    RULES[mutant](trial)
    mutate(mutant)

    with pytest.raises((Exception, pytest.fail.Exception)) as told:
        RULES[mutant](trial)

    assert told.type in RED


@pytest.mark.parametrize("mutant", OF_RAZORPAYX, ids=lambda mutant: mutant.__name__)
def test_what_breaks_a_rule_of_razorpayx_is_told(
    mutate: Callable[[Mutant], None], hostile: HostileGateway, mutant: Mutant
) -> None:
    gateway = doubles.razorpayx(hostile.url, timedelta(seconds=1))
    OF_RAZORPAYX[mutant](gateway, hostile)
    hostile.requests.clear()
    mutate(mutant)

    with pytest.raises(RED):
        OF_RAZORPAYX[mutant](gateway, hostile)

    gateway.close()


def test_every_mutant_of_an_adapter_has_its_rule() -> None:
    named = {
        member
        for name, member in vars(gateways).items()
        if callable(member)
        and getattr(member, "__module__", "") == gateways.__name__
        and not name.startswith("_")
    }

    assert named == RULES.keys() | OF_RAZORPAYX.keys()
