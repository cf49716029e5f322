"""RazorpayX, as its documentation has it."""

import time
from typing import Any

import pytest

from tests.support.payout_simulator import ACCOUNT, RazorpayX, composite


def test_a_composite_payout_is_taken_and_told(razorpayx: RazorpayX, reference: str) -> None:
    answer = razorpayx.submit(reference)

    assert answer.status == 200
    payout = answer.json
    assert payout["id"].startswith("pout_")
    assert payout["entity"] == "payout"
    assert (payout["amount"], payout["currency"]) == (10050, "INR")
    assert (payout["status"], payout["mode"]) == ("processed", "IMPS")
    assert payout["reference_id"] == reference
    assert payout["utr"]
    assert payout["status_details"].keys() == {"reason", "description", "source"}


def test_a_look_up_by_reference_is_a_list(razorpayx: RazorpayX, reference: str) -> None:
    payout = razorpayx.submit(reference).json

    found = razorpayx.inquire(reference).json

    assert found == {"entity": "collection", "count": 1, "items": [payout]}


def test_a_look_up_of_what_is_not_there_is_an_empty_list(razorpayx: RazorpayX) -> None:
    answer = razorpayx.inquire("wd" + "f" * 24)

    assert answer.status == 200
    assert answer.json == {"entity": "collection", "count": 0, "items": []}


def test_a_look_up_by_id_is_the_payout(razorpayx: RazorpayX, reference: str) -> None:
    payout = razorpayx.submit(reference).json

    assert razorpayx.ask("GET", f"/v1/payouts/{payout['id']}").json == payout


def test_an_unknown_id_is_a_400(razorpayx: RazorpayX) -> None:
    answer = razorpayx.ask("GET", "/v1/payouts/pout_none")

    assert answer.status == 400
    assert answer.json["error"]["code"] == "BAD_REQUEST_ERROR"


def test_the_same_submission_again_pays_once(razorpayx: RazorpayX, reference: str) -> None:
    first = razorpayx.submit(reference)

    again = razorpayx.submit(reference)

    assert again.json == first.json
    assert [entry["timesPaid"] for entry in razorpayx.entries(reference)] == [1]


def test_another_body_with_the_same_key_is_refused(razorpayx: RazorpayX, reference: str) -> None:
    razorpayx.submit(reference, amount=200)

    answer = razorpayx.submit(reference, amount=201)

    assert answer.status == 400
    assert "idempotency" in answer.json["error"]["description"]


def test_a_wrong_key_is_a_401(razorpayx: RazorpayX) -> None:
    answer = razorpayx.ask("POST", "/v1/payouts", {}, Authorization="Basic b3RoZXI6b25l")

    assert answer.status == 401


def test_the_balance_too_low_fails_the_payout_and_sticks_to_the_key(
    razorpayx: RazorpayX, reference: str
) -> None:
    razorpayx.behave(reference, "balance_too_low")

    payout = razorpayx.submit(reference).json

    assert payout["status"] == "failed"
    assert payout["status_details"]["reason"] == "insufficient_funds"
    assert payout["status_details"]["source"] == "business"
    assert razorpayx.submit(reference).json["id"] == payout["id"]


def test_a_later_attempt_is_paid_once_the_balance_suffices(
    razorpayx: RazorpayX, reference: str
) -> None:
    razorpayx.behave(reference, "balance_too_low")
    razorpayx.submit(reference)
    too_soon = razorpayx.submit(reference + "a2").json["status"]
    time.sleep(0.32)

    again, later = razorpayx.submit(reference), razorpayx.submit(reference + "a3")

    assert too_soon == "failed"
    assert again.json["status"] == "failed"
    assert later.json["status"] == "processed"
    assert [entry["timesPaid"] for entry in razorpayx.entries(reference)] == [0]


FUND_ACCOUNT = composite("x")["fund_account"]


def fund_account(part: str, **changes: Any) -> dict[str, Any]:
    return {"fund_account": FUND_ACCOUNT | {part: FUND_ACCOUNT[part] | changes}}


BROKEN: dict[str, dict[str, Any]] = {
    "account_number": {"account_number": "1"},
    "amount": {"amount": 99},
    "mode": {"mode": "CASH"},
    "currency": {"currency": "USD"},
    "purpose": {"purpose": "salary"},
    "reference_id": {"reference_id": "x" * 41},
    "reference_id ": {"reference_id": "\ud800"},
    "narration": {"narration": "rent, in March"},
    "fund_account": {"fund_account": None},
    "bank_account.ifsc": fund_account("bank_account", ifsc="HDFC1001234"),
    "bank_account.name": fund_account("bank_account", name="Al"),
    "bank_account.account_number": fund_account("bank_account", account_number="1-2"),
    "contact.name": fund_account("contact", name="Al"),
    "contact.type": fund_account("contact", type="friend"),
}


@pytest.mark.parametrize("field", BROKEN)
def test_a_broken_rule_is_a_400_that_names_the_field(
    razorpayx: RazorpayX, reference: str, field: str
) -> None:
    body = composite(reference) | BROKEN[field]

    answer = razorpayx.ask("POST", "/v1/payouts", body, X_Payout_Idempotency=reference)

    assert answer.status == 400
    assert answer.json["error"]["field"] == field.strip()
    assert razorpayx.entries(reference) == []


LAKH = 10_000_000


@pytest.mark.parametrize(
    ("mode", "amount", "status"),
    [
        ("IMPS", 5 * LAKH, 200),
        ("IMPS", 5 * LAKH + 1, 400),
        ("NEFT", 9 * LAKH, 200),
        ("RTGS", 2 * LAKH, 200),
        ("RTGS", 2 * LAKH - 1, 400),
    ],
)
def test_each_mode_has_its_bounds(
    razorpayx: RazorpayX, reference: str, mode: str, amount: int, status: int
) -> None:
    body = composite(reference, mode=mode, amount=amount)

    answer = razorpayx.ask("POST", "/v1/payouts", body, X_Payout_Idempotency=reference)

    assert answer.status == status


@pytest.mark.parametrize(("amount", "status"), [(LAKH, 200), (LAKH + 1, 400)])
def test_upi_pays_to_an_address(
    razorpayx: RazorpayX, reference: str, amount: int, status: int
) -> None:
    account = FUND_ACCOUNT | {"account_type": "vpa", "vpa": {"address": "asha@okbank"}}
    body = composite(reference, mode="UPI", amount=amount, fund_account=account)

    answer = razorpayx.ask("POST", "/v1/payouts", body, X_Payout_Idempotency=reference)

    assert answer.status == status


@pytest.mark.parametrize("key", ["abc", "x" * 37, "key/1"])
def test_a_key_that_breaks_the_grammar_is_refused(
    razorpayx: RazorpayX, reference: str, key: str
) -> None:
    body = composite(reference)

    answer = razorpayx.ask("POST", "/v1/payouts", body, X_Payout_Idempotency=key)

    assert answer.status == 400


def test_the_list_of_all_is_the_newest_first(razorpayx: RazorpayX, reference: str) -> None:
    payout = razorpayx.submit(reference).json
    query = f"account_number={ACCOUNT}&from=0&to=4000000000&count=1"

    page = razorpayx.ask("GET", f"/v1/payouts?{query}").json

    assert page["items"] == [payout]
