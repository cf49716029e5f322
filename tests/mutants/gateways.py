"""Adapters that believe what they should not, or forget what they must repeat."""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp

from tests.mutants.kinds import Patch
from wallet_api.payouts.adapters import (
    asking,
    exchange,
    http,
    outcomes,
    razorpayx,
    razorpayx_entity,
    razorpayx_requests,
    standard_webhooks,
)
from wallet_api.payouts.adapters.exchange import Reply
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.adapters.strict_json import Malformed, Members, Several
from wallet_api.payouts.gateway import Answer, Payout, Verdict

DECLINED = Answer(verdict=Verdict.DECLINED)


def no_answer_is_a_decline(patch: Patch) -> None:
    """A time-out, a broken connection, an answer that is none."""
    patch(outcomes, "unknown", lambda reason, description=None: DECLINED)


def a_refusal_at_the_door_is_a_decline(patch: Patch) -> None:
    """A revoked key refunds all payouts of the day."""
    patch(outcomes, "refused", lambda reply: DECLINED)


def forbidden_is_a_decline(patch: Patch) -> None:
    refused = outcomes.refused
    patch(outcomes, "refused", lambda reply: DECLINED if reply.status == 403 else refused(reply))


def a_server_error_was_not_taken(patch: Patch) -> None:
    patch(outcomes, "NOT_EXECUTED", outcomes.NOT_EXECUTED | {500, 502, 503, 504})


def a_broken_connection_sent_nothing(patch: Patch) -> None:
    patch(exchange, "NoReply", exchange.NotSent)


def any_status_answers(patch: Patch) -> None:
    """The body decides, whatever the status."""
    patch(asking, "ANSWERED", frozenset(range(200, 600)))


def redirects_are_followed(patch: Patch) -> None:
    request = aiohttp.ClientSession.request

    def mutant(self: aiohttp.ClientSession, method: str, url: Any, **options: Any) -> Any:
        return request(self, method, url, **{**options, "allow_redirects": True})

    patch(aiohttp.ClientSession, "request", mutant)


def the_deadline_is_for_each_read(patch: Patch) -> None:
    """As a client's own time-out is: a byte now and then keeps it open."""
    patch(asyncio, "timeout", lambda seconds: asyncio.Timeout(None))


def answers_are_read_to_their_end(patch: Patch) -> None:
    patch(exchange, "MOST_BYTES", 2**40)


def any_404_says_not_found(patch: Patch) -> None:
    patch(Members, "only", lambda self, **members: True)


def the_first_of_two_is_taken(patch: Patch) -> None:
    patch(outcomes, "several", lambda found: Answer(verdict=Verdict.SETTLED))


def two_found_are_no_matter_for_a_person(patch: Patch) -> None:
    patch(outcomes, "several", lambda found: outcomes.unknown("several_found"))


def an_unknown_word_is_a_decline(patch: Patch) -> None:
    class Words(dict[str, Verdict]):
        def get(self, word: str, default: Any = None) -> Any:
            return super().get(word, Verdict.DECLINED)

    patch(http, "WORDS", Words(http.WORDS))


def _every_answer_has(patch: Patch, **changes: Any) -> None:
    for name in ("submit", "inquire"):
        original = getattr(HttpGateway, name)

        def mutant(self: HttpGateway, payout: Payout, original: Any = original) -> Answer:
            changed: Answer = replace(original(self, payout), **changes)
            return changed

        patch(HttpGateway, name, mutant)


def the_amount_is_not_repeated(patch: Patch) -> None:
    _every_answer_has(patch, amount_cents=None)


def the_currency_is_not_repeated(patch: Patch) -> None:
    _every_answer_has(patch, currency=None)


def the_reference_is_the_one_that_was_asked_for(patch: Patch) -> None:
    """Repeated from the question in place of the answer."""
    for name in ("submit", "inquire"):
        original = getattr(HttpGateway, name)

        def mutant(self: HttpGateway, payout: Payout, original: Any = original) -> Answer:
            changed: Answer = replace(original(self, payout), reference=payout.reference)
            return changed

        patch(HttpGateway, name, mutant)


def each_submission_has_a_new_key(patch: Patch) -> None:
    submit = HttpGateway.submit

    def mutant(self: HttpGateway, payout: Payout) -> Answer:
        return submit(self, replace(payout, reference=f"wd{secrets.token_hex(12)}"))

    patch(HttpGateway, "submit", mutant)


def what_is_unknown_is_submitted_again(patch: Patch) -> None:
    submit = HttpGateway.submit

    def mutant(self: HttpGateway, payout: Payout) -> Answer:
        first = submit(self, payout)
        return submit(self, payout) if first.verdict is Verdict.UNKNOWN else first

    patch(HttpGateway, "submit", mutant)


def an_inquiry_submits(patch: Patch) -> None:
    """The same submission tells the state too; after the key's life it pays again."""
    patch(HttpGateway, "inquire", HttpGateway.submit)


def members_are_believed_unread(patch: Patch) -> None:
    def unread(self: Members, name: str, most: int = 0) -> Any:
        return self.any(name)

    for name in ("text", "optional_text", "amount", "optional_amount"):
        patch(Members, name, unread)


def retry_after_has_no_bound(patch: Patch) -> None:
    patch(outcomes, "LONGEST_WAIT", timedelta(days=10_000))


def retry_after_is_seconds_only(patch: Patch) -> None:
    def mutant(reply: Reply) -> float | None:
        text = reply.headers.get("retry-after", "")
        return float(text) if text.isdigit() and len(text) < 5 else None

    patch(outcomes, "retry_after", mutant)


def a_list_is_no_answer_and_no_more(patch: Patch) -> None:
    """Two payouts of one reference are as unknown as nonsense is, and nobody looks."""
    patch(asking, "Several", type("Never", (Exception,), {}))
    assert issubclass(Several, Malformed)


def signatures_are_not_compared(patch: Patch) -> None:
    patch(hmac, "compare_digest", lambda one, other: True)


def callbacks_are_good_for_ever(patch: Patch) -> None:
    patch(standard_webhooks, "TOLERANCE", timedelta(days=10_000))


def only_the_first_secret_counts(patch: Patch) -> None:
    verify = standard_webhooks.verify

    def mutant(headers: Mapping[str, str], body: bytes, at: Any, keys: Any) -> str:
        return verify(headers, body, at, keys[:1])

    patch(standard_webhooks, "verify", mutant)


def a_wallet_is_paid_by_a_bank(patch: Patch) -> None:
    patch(HttpGateway, "check", lambda self, amount, currency, destination: None)


def too_little_money_of_ours_is_a_decline(patch: Patch) -> None:
    """An empty account at the gateway refunds all payouts of the day."""
    answer_of = razorpayx_entity.answer_of

    def mutant(entity: Members) -> Answer:
        answer = answer_of(entity)
        if answer.reference_is_spent:
            return replace(answer, verdict=Verdict.DECLINED, reference_is_spent=False)
        return answer

    patch(razorpayx, "answer_of", mutant)


def a_spent_reference_is_used_again(patch: Patch) -> None:
    """Which the gateway answers `failed` for ever."""
    answer_of = razorpayx_entity.answer_of
    patch(
        razorpayx,
        "answer_of",
        lambda entity: replace(answer_of(entity), reference_is_spent=False),
    )


def large_amounts_go_by_imps(patch: Patch) -> None:
    patch(razorpayx_requests, "MOST_BY_IMPS", 10**15)


def a_list_that_breaks_off_is_short(patch: Patch) -> None:
    page_of = asking.page_of

    def mutant(*arguments: Any, **options: Any) -> Members:
        try:
            return page_of(*arguments, **options)
        except OSError:
            empty: dict[str, Any] = {"entity": "collection", "count": 0, "items": [], "data": []}
            return Members(empty)

    patch(asking, "page_of", mutant)


def lists_are_one_page(patch: Patch) -> None:
    patch(razorpayx, "PAGE", 1000)
