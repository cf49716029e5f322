"""The `http` gateway: what its protocol says, and what each answer means."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wallet_api.payouts.adapters.http import HttpGateway, HttpOptions
from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Response
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway
from wallet_api.payouts.gateway import Answer, CannotPay, Gateway, Lists, Payout, Verdict

PAYOUT = Payout(
    reference="wd0123456789abcdef01234567",
    amount_cents=10_050,
    currency="INR",
    destination="bank-account-0001",
    created_at=datetime(2026, 11, 26, 1, 2, 3, 4000, UTC),
)
SAID = {
    "reference": PAYOUT.reference,
    "status": "settled",
    "amountMinor": 10_050,
    "currency": "INR",
    "gatewayReference": "shim-1",
    "trace": "UTR1",
    "feeMinor": 250,
}


@pytest.fixture
def gateway(hostile: HostileGateway) -> Iterator[HttpGateway]:
    gateway = HttpGateway(
        HttpOptions(
            url=hostile.url,
            token="t0ken",
            timeout=timedelta(seconds=1),
            key_life=timedelta(days=1),
            not_found_is_final_after=None,
        )
    )
    yield gateway
    gateway.close()


def said(**changes: Any) -> acts.Act:
    body = {k: v for k, v in {**SAID, **changes}.items() if v is not ...}
    return acts.says(Response(200, json.dumps(body).encode()))


def test_it_is_a_gateway_and_can_list(gateway: HttpGateway) -> None:
    assert isinstance(gateway, Gateway)
    assert isinstance(gateway, Lists)


def test_a_payout_is_submitted_as_the_protocol_says(
    gateway: HttpGateway, hostile: HostileGateway
) -> None:
    hostile.plays(said())

    gateway.submit(PAYOUT)

    sent = hostile.requests[0]
    assert (sent.method, sent.target) == ("POST", "/payouts")
    assert sent.headers["authorization"] == "Bearer t0ken"
    assert sent.headers["idempotency-key"] == PAYOUT.reference
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.body) == {
        "reference": PAYOUT.reference,
        "amountMinor": 10_050,
        "currency": "INR",
        "destination": "bank-account-0001",
        "createdAt": "2026-11-26T01:02:03.004Z",
    }


def test_an_answer_is_repeated_whole(gateway: HttpGateway, hostile: HostileGateway) -> None:
    hostile.plays(said())

    assert gateway.submit(PAYOUT) == Answer(
        verdict=Verdict.SETTLED,
        reference=PAYOUT.reference,
        amount_cents=10_050,
        currency="INR",
        gateway_reference="shim-1",
        trace="UTR1",
        fee_cents=250,
    )


def test_an_inquiry_asks_by_our_reference(gateway: HttpGateway, hostile: HostileGateway) -> None:
    hostile.plays(said(status="returned"))

    answer = gateway.inquire(PAYOUT)

    assert answer.verdict == Verdict.RETURNED
    assert (hostile.requests[0].method, hostile.requests[0].target) == (
        "GET",
        f"/payouts/{PAYOUT.reference}",
    )


MALFORMED: dict[str, dict[str, Any]] = {
    "no reference": {"reference": ...},
    "no status": {"status": ...},
    "a status that is no text": {"status": 1},
    "no amount": {"amountMinor": ...},
    "an amount in text": {"amountMinor": "10050"},
    "an amount with a fraction": {"amountMinor": 10050.0},
    "an amount that is true": {"amountMinor": True},
    "a negative amount": {"amountMinor": -10050},
    "an amount that cannot be stored": {"amountMinor": 2**63},
    "no currency": {"currency": ...},
    "a fee in text": {"feeMinor": "250"},
    "a trace that is an object": {"trace": {}},
    "a trace that cannot be stored": {"trace": "\ud800"},
    "a trace without an end": {"trace": "a" * 501},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_answer_decides_nothing(
    gateway: HttpGateway, hostile: HostileGateway, changes: dict[str, Any]
) -> None:
    hostile.plays(said(**changes))

    assert gateway.submit(PAYOUT).verdict == Verdict.UNKNOWN
    assert gateway.inquire(PAYOUT).verdict == Verdict.UNKNOWN


NO_JSON = {
    "a member twice": b'{"status":"declined",' + json.dumps(SAID).encode()[1:],
    "not a number": json.dumps({**SAID, "more": float("nan")}).encode(),
    "nested without an end": b"[" * 60_000,
    "digits without an end": b'{"amountMinor":' + b"1" * 60_000 + b"}",
    "Latin-1": json.dumps({**SAID, "trace": "é"}, ensure_ascii=False).encode("latin-1"),
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
def test_json_that_is_ambiguous_decides_nothing(
    gateway: HttpGateway, hostile: HostileGateway, body: bytes
) -> None:
    hostile.plays(acts.says(Response(200, body)))

    assert gateway.submit(PAYOUT).verdict == Verdict.UNKNOWN


def test_only_the_exact_answer_says_not_found(
    gateway: HttpGateway, hostile: HostileGateway
) -> None:
    exact = b'{"status": "not_found"}'
    hostile.plays(
        acts.says(Response(404, exact)),
        acts.says(Response(404, b"<h1>Not Found</h1>")),
        acts.says(Response(404, b'{"status": "not_found", "path": "/payout"}')),
        acts.says(Response(410, exact)),
        acts.says(Response(404, exact)),
    )

    inquired = [gateway.inquire(PAYOUT).verdict for _ in range(4)]
    submitted = gateway.submit(PAYOUT).verdict

    assert inquired == [Verdict.NOT_FOUND, *[Verdict.UNKNOWN] * 3]
    assert submitted == Verdict.UNKNOWN


def test_a_refusal_says_why_and_how_long(gateway: HttpGateway, hostile: HostileGateway) -> None:
    why = json.dumps({"reason": "insufficient_funds"}).encode()
    hostile.plays(
        acts.says(Response(403, why, {"Retry-After": "120"})),
        acts.says(Response(429, b"<html>", {"Retry-After": acts.http_date(60)})),
        acts.says(Response(429, b"", {"Retry-After": "999999999"})),
        acts.says(Response(401, b"", {"Retry-After": "soon"})),
    )

    told = [gateway.submit(PAYOUT) for _ in range(4)]

    assert {answer.verdict for answer in told} == {Verdict.NOT_TAKEN}
    assert [answer.reason for answer in told] == [
        "insufficient_funds",
        "http_429",
        "http_429",
        "http_401",
    ]
    assert told[0].retry_after_seconds == 120
    assert told[1].retry_after_seconds == pytest.approx(60, abs=2)
    assert [answer.retry_after_seconds for answer in told[2:]] == [3600, None]


def test_a_word_that_nobody_knows_is_accepted_and_shown(
    gateway: HttpGateway, hostile: HostileGateway
) -> None:
    hostile.plays(said(status="on_hold"))

    answer = gateway.submit(PAYOUT)

    assert answer.verdict == Verdict.ACCEPTED
    assert "on_hold" in (answer.description or "")


def test_a_wallet_is_not_paid_by_it(gateway: HttpGateway) -> None:
    gateway.check(1, "INR", "any text at all")

    with pytest.raises(CannotPay):
        gateway.check(1, "INR", "wallet:0123456789abcdef01234567")


def listed(*numbers: int, following: str | None = None) -> acts.Act:
    items = [{**SAID, "reference": f"wd{number:024}"} for number in numbers]
    page = {"data": items, "nextCursor": following}
    return acts.says(Response(200, json.dumps(page).encode()))


SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def test_the_list_is_read_page_by_page(gateway: HttpGateway, hostile: HostileGateway) -> None:
    hostile.plays(listed(1, 2, following="c/1 "), listed(3))

    found = [answer.reference for answer in gateway.payouts_between(SINCE, UNTIL)]

    assert found == [f"wd{number:024}" for number in (1, 2, 3)]
    asked = [request.target for request in hostile.requests]
    assert asked == [
        "/payouts?from=2026-11-01T00:00:00.000Z&to=2026-12-01T00:00:00.000Z&limit=100",
        "/payouts?from=2026-11-01T00:00:00.000Z&to=2026-12-01T00:00:00.000Z&limit=100&cursor=c/1+",
    ]


BROKEN_LISTS = {
    "not allowed": acts.says(Response(401, b"{}")),
    "no list": acts.says(Response(200, b"{}")),
    "an item that is none": acts.says(Response(200, b'{"data": [1]}')),
    "the same page for ever": listed(1, following="c"),
    "no answer": acts.closes,
}


@pytest.mark.parametrize("act", BROKEN_LISTS.values(), ids=BROKEN_LISTS)
def test_a_list_that_breaks_off_is_no_short_list(
    gateway: HttpGateway, hostile: HostileGateway, act: acts.Act
) -> None:
    hostile.plays(listed(1, following="c"), act)

    with pytest.raises(OSError, match="gateway"):
        list(gateway.payouts_between(SINCE, UNTIL))
