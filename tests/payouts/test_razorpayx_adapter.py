"""The RazorpayX gateway: what is sent, and what each of its answers means."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.payouts import doubles
from wallet_api.payouts.adapters.razorpayx import RazorpayXGateway
from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.acts import Act
from wallet_api.payouts.conformance.double import in_json
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway
from wallet_api.payouts.gateway import Answer, Gateway, Lists, Payout, Verdict

PAYOUT = Payout(
    reference="wd0123456789abcdef01234567",
    amount_cents=10_050,
    currency="INR",
    destination="bank:HDFC0001234:5012345678:Asha Rao",
    created_at=datetime(2026, 11, 26, tzinfo=UTC),
)


@pytest.fixture
def gateway(hostile: HostileGateway) -> Iterator[RazorpayXGateway]:
    gateway = doubles.razorpayx(hostile.url, timedelta(seconds=1))
    yield gateway
    gateway.close()


def entity(**changes: Any) -> dict[str, Any]:
    members = {
        "id": "pout_1",
        "entity": "payout",
        "amount": 10_050,
        "currency": "INR",
        "fees": 590,
        "status": "processed",
        "utr": "UTR1",
        "reference_id": PAYOUT.reference,
        "created_at": 1_764_000_000,
        "status_details": None,
    }
    return {**members, **changes}


def said(**changes: Any) -> Act:
    return acts.says(in_json(200, entity(**changes)))


def listed(*entities: dict[str, Any]) -> Act:
    return acts.says(
        in_json(200, {"entity": "collection", "count": len(entities), "items": entities})
    )


def sent(hostile: HostileGateway) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(hostile.requests[-1].body)
    return body


def test_it_is_a_gateway_and_can_list(gateway: RazorpayXGateway) -> None:
    assert isinstance(gateway, Gateway)
    assert isinstance(gateway, Lists)


def test_a_payout_to_a_bank_account_is_one_composite_request(
    gateway: RazorpayXGateway, hostile: HostileGateway
) -> None:
    hostile.plays(said())

    gateway.submit(PAYOUT)

    request = hostile.requests[0]
    assert (request.method, request.target) == ("POST", "/v1/payouts")
    assert request.headers["authorization"] == "Basic cnpwX3Rlc3Q6czNjcmV0"
    assert request.headers["x-payout-idempotency"] == PAYOUT.reference
    assert sent(hostile) == {
        "account_number": "2323230012345678",
        "amount": 10_050,
        "currency": "INR",
        "mode": "IMPS",
        "purpose": "payout",
        "queue_if_low_balance": True,
        "reference_id": PAYOUT.reference,
        "narration": "Withdrawal 89abcdef01234567",
        "fund_account": {
            "account_type": "bank_account",
            "bank_account": {
                "name": "Asha Rao",
                "ifsc": "HDFC0001234",
                "account_number": "5012345678",
            },
            "contact": {
                "name": "Asha Rao",
                "type": "customer",
                "reference_id": PAYOUT.reference,
            },
        },
    }


def test_a_payout_to_a_upi_address_needs_no_name(
    gateway: RazorpayXGateway, hostile: HostileGateway
) -> None:
    hostile.plays(said())

    gateway.submit(replace(PAYOUT, destination="upi:asha@okhdfc"))

    assert sent(hostile)["mode"] == "UPI"
    account = sent(hostile)["fund_account"]
    assert account["account_type"] == "vpa"
    assert account["vpa"] == {"address": "asha@okhdfc"}
    assert account["contact"]["name"] == "Customer"


@pytest.mark.parametrize(
    ("amount", "mode"),
    [(100, "IMPS"), (50_000_000, "IMPS"), (50_000_001, "RTGS"), (10**12, "RTGS")],
)
def test_the_mode_follows_from_the_amount(
    gateway: RazorpayXGateway, hostile: HostileGateway, amount: int, mode: str
) -> None:
    hostile.plays(said())

    gateway.check(amount, "INR", PAYOUT.destination)
    gateway.submit(replace(PAYOUT, amount_cents=amount))

    assert sent(hostile)["mode"] == mode


@pytest.mark.parametrize(
    ("name", "contact"),
    [
        ("Asha Rao & Sons", "Asha Rao   Sons"),
        ("A" * 120, "A" * 50),
        ("Asha Rao (minor)", "Asha Rao (minor"),
        ("Rao & Co.", "Rao   Co."),
        ("&&&&", "Customer"),
    ],
)
def test_a_contact_has_a_name_that_is_allowed_there(
    gateway: RazorpayXGateway, hostile: HostileGateway, name: str, contact: str
) -> None:
    hostile.plays(said())
    destination = f"bank:HDFC0001234:5012345678:{name}"

    gateway.check(100, "INR", destination)
    gateway.submit(replace(PAYOUT, destination=destination))

    account = sent(hostile)["fund_account"]
    assert account["contact"]["name"] == contact
    assert account["bank_account"]["name"] == name


STATES = {
    "pending": Verdict.ACCEPTED,
    "queued": Verdict.ACCEPTED,
    "scheduled": Verdict.ACCEPTED,
    "processing": Verdict.ACCEPTED,
    "processed": Verdict.SETTLED,
    "failed": Verdict.DECLINED,
    "rejected": Verdict.DECLINED,
    "cancelled": Verdict.DECLINED,
    "reversed": Verdict.RETURNED,
    "on_hold": Verdict.ACCEPTED,
}


@pytest.mark.parametrize(("word", "verdict"), STATES.items())
def test_each_state_has_its_verdict(
    gateway: RazorpayXGateway, hostile: HostileGateway, word: str, verdict: Verdict
) -> None:
    hostile.plays(said(status=word), listed(entity(status=word)))

    assert gateway.submit(PAYOUT).verdict == verdict
    assert gateway.inquire(PAYOUT).verdict == verdict


def test_an_answer_is_repeated_whole(gateway: RazorpayXGateway, hostile: HostileGateway) -> None:
    details = {"reason": "closed", "source": "beneficiary_bank", "description": "It is closed."}
    hostile.plays(said(status="failed", status_details=details))

    assert gateway.submit(PAYOUT) == Answer(
        verdict=Verdict.DECLINED,
        reference=PAYOUT.reference,
        amount_cents=10_050,
        currency="INR",
        gateway_reference="pout_1",
        trace="UTR1",
        fee_cents=590,
        reason="closed",
        source="beneficiary_bank",
        description="It is closed.",
    )


def test_too_little_money_in_our_account_is_no_decline_and_spends_the_reference(
    gateway: RazorpayXGateway, hostile: HostileGateway
) -> None:
    poor = {"reason": "insufficient_funds", "source": "business", "description": "Too little."}
    theirs = {**poor, "source": "beneficiary_bank"}
    hostile.plays(
        said(status="failed", status_details=poor),
        listed(entity(status="failed", status_details=poor)),
        said(status="failed", status_details=theirs),
        said(status="queued", status_details=poor),
    )

    answers = [
        gateway.submit(PAYOUT),
        gateway.inquire(PAYOUT),
        gateway.submit(PAYOUT),
        gateway.submit(PAYOUT),
    ]

    assert [(answer.verdict, answer.reference_is_spent) for answer in answers] == [
        (Verdict.NOT_TAKEN, True),
        (Verdict.NOT_TAKEN, True),
        (Verdict.DECLINED, False),
        (Verdict.ACCEPTED, False),
    ]


def test_an_error_of_the_gateway_is_told_and_decides_nothing(
    gateway: RazorpayXGateway, hostile: HostileGateway
) -> None:
    why = {"code": "BAD_REQUEST_ERROR", "reason": "input_validation_failed", "description": "IFSC"}
    hostile.plays(acts.says(in_json(400, {"error": why})))

    answer = gateway.submit(PAYOUT)

    assert (answer.verdict, answer.reason, answer.description) == (
        Verdict.UNKNOWN,
        "input_validation_failed",
        "IFSC",
    )


def test_an_inquiry_asks_by_our_reference(
    gateway: RazorpayXGateway, hostile: HostileGateway
) -> None:
    hostile.plays(listed())

    assert gateway.inquire(PAYOUT).verdict == Verdict.NOT_FOUND
    assert hostile.requests[0].target == (
        f"/v1/payouts?account_number=2323230012345678&reference_id={PAYOUT.reference}"
    )


NO_LISTS: dict[str, dict[str, Any]] = {
    "no count": {"entity": "collection", "items": []},
    "a count of others": {"entity": "collection", "count": 1, "items": []},
    "no items": {"entity": "collection", "count": 0},
    "no collection": {"count": 0, "items": []},
}


@pytest.mark.parametrize("body", NO_LISTS.values(), ids=NO_LISTS)
def test_only_an_empty_list_says_not_found(
    gateway: RazorpayXGateway, hostile: HostileGateway, body: dict[str, Any]
) -> None:
    hostile.plays(acts.says(in_json(200, body)))

    assert gateway.inquire(PAYOUT).verdict == Verdict.UNKNOWN


def test_a_callback_about_a_payout_made_by_hand_is_none_of_ours(
    gateway: RazorpayXGateway, hostile: HostileGateway
) -> None:
    double = doubles.RazorpayXDouble()

    assert gateway.parse_callback(*double.event("payout.processed", None)) == []
    assert gateway.parse_callback(*double.event("fund_account.validation", "wd1")) == []


def test_a_callback_without_an_id_is_known_by_its_body(gateway: RazorpayXGateway) -> None:
    headers, body, at = doubles.RazorpayXDouble().event("payout.processed", "wd1")

    (event,) = gateway.parse_callback(headers, body, at)
    (again,) = gateway.parse_callback(headers, body, at)

    assert event.id == again.id
    assert event.occurred_at == datetime(2026, 11, 26, tzinfo=UTC)


SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, 0, 0, 0, 500_000, UTC)
BEGIN, END = int(SINCE.timestamp()), int(UNTIL.timestamp())


def page(first: int, count: int, **changes: Any) -> Act:
    return listed(
        *(
            entity(id=f"pout_{n}", reference_id=f"wd{n}", created_at=BEGIN + n, **changes)
            for n in range(first, first + count)
        )
    )


def test_the_list_is_read_page_by_page_and_what_comes_again_is_left_out(
    gateway: RazorpayXGateway, hostile: HostileGateway
) -> None:
    hostile.plays(page(0, 25), page(20, 25), page(45, 2))

    found = [answer.reference for answer in gateway.payouts_between(SINCE, UNTIL)]

    assert found == [f"wd{n}" for n in range(47)]
    assert [request.target.rpartition("?")[2] for request in hostile.requests] == [
        f"account_number=2323230012345678&from={BEGIN}&to={END + 1}&count=25&skip={skip}"
        for skip in (0, 25, 50)
    ]


def test_the_list_ends_where_it_was_asked_to(
    gateway: RazorpayXGateway, hostile: HostileGateway
) -> None:
    moments = {"a": BEGIN - 1, "b": BEGIN, "c": END, "d": END + 1}
    hostile.plays(
        listed(
            *(
                entity(id=name, reference_id=name, created_at=moment)
                for name, moment in moments.items()
            )
        )
    )

    assert [answer.reference for answer in gateway.payouts_between(SINCE, UNTIL)] == ["b", "c"]


BROKEN_LISTS = {
    "not allowed": acts.says(in_json(401, {})),
    "no list": acts.says(in_json(200, {})),
    "the same page for ever": page(0, 25),
    "no answer": acts.closes,
    "an item that is none": listed({"id": "pout_1"}),
}


@pytest.mark.parametrize("act", BROKEN_LISTS.values(), ids=BROKEN_LISTS)
def test_a_list_that_breaks_off_is_no_short_list(
    gateway: RazorpayXGateway, hostile: HostileGateway, act: Act
) -> None:
    hostile.plays(page(0, 25), act)

    with pytest.raises(OSError, match="gateway"):
        list(gateway.payouts_between(SINCE, UNTIL))
