"""docs/payout-gateways.md shows what is sent, and says what each answer means, as the code does."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.payouts import doubles
from wallet_api.payouts.adapters.razorpayx_entity import STATES
from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Response
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway
from wallet_api.payouts.gateway import Answer, Payout, Verdict

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/payout-gateways.md").read_text()
PAYOUT = Payout(
    reference="wd6b06ecf5486f1784c8210682",
    amount_cents=10_050,
    currency="INR",
    destination="bank-account-0001",
    created_at=datetime(2026, 11, 26, 1, 2, 3, 4000, UTC),
)


def test_the_request_of_the_page_is_the_one_that_is_sent_and_its_answer_is_understood(
    hostile: HostileGateway,
) -> None:
    (asked,) = re.findall(r"```\n(POST .*?)```", PAGE, re.DOTALL)
    (said,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    head, _, body = asked.replace("{PAYOUT_HTTP_TOKEN}", "t0ken").partition("\n\n")
    start, *headers = head.splitlines()
    hostile.plays(acts.says(Response(200, said.encode())))
    gateway = doubles.http(hostile.url, timedelta(seconds=5))

    submitted, inquired = gateway.submit(PAYOUT), gateway.inquire(PAYOUT)

    gateway.close()
    submission, inquiry = hostile.requests
    assert f"{submission.method} {{PAYOUT_HTTP_URL}}{submission.target}" == start
    for name, _, value in (header.partition(": ") for header in headers):
        assert submission.headers[name.lower()] == value
    assert json.loads(submission.body) == json.loads(body)
    assert f"`{inquiry.method} {{PAYOUT_HTTP_URL}}{inquiry.target}`" in PAGE
    assert submitted == inquired
    assert submitted == Answer(
        verdict=Verdict.SETTLED,
        reference=PAYOUT.reference,
        amount_cents=10_050,
        currency="INR",
        gateway_reference="shim-1",
        trace="UTR0001",
        fee_cents=250,
    )


def test_the_states_of_razorpayx_are_all_there() -> None:
    table = PAGE.partition("| its status | is |")[2]

    told = {
        word: Verdict(verdict)
        for words, verdict in re.findall(
            r"^\| ((?:`\w+`(?:, )?)+) \| (\w+) \|$", table, re.MULTILINE
        )
        for word in re.findall(r"\w+", words)
    }

    assert told == STATES


def test_the_settings_of_the_page_are_settings() -> None:
    known = (ROOT / ".env.example").read_text()

    for name in re.findall(r"\b(PAYOUT_\w+)", PAGE):
        assert f"#{name}=" in known
