"""A key is worth what its behaviour says when the same submission comes again."""

import time
from collections.abc import Callable

import pytest

from tests.support.payout_simulator import Http, RazorpayX, eventually
from wallet_api.payouts.simulator.behaviours.catalogue import GROUPS

Check = Callable[[Http, str], None]


def latest_state(http: Http, reference: str) -> None:
    assert http.submit(reference).json["status"] == "accepted"
    eventually(lambda: http.inquire(reference).json["status"] == "settled")

    assert http.submit(reference).json["status"] == "settled"


def first_answer(http: Http, reference: str) -> None:
    first = http.submit(reference)
    eventually(lambda: http.inquire(reference).json["status"] == "settled")

    assert http.submit(reference).body == first.body


def conflict(http: Http, reference: str) -> None:
    http.submit(reference)

    answer = http.submit(reference)

    assert answer.status == 409
    assert "reference" not in answer.json
    assert times_paid(http, reference) == 1


def forgetting(http: Http, reference: str) -> None:
    first = http.submit(reference)
    soon = http.submit(reference)
    time.sleep(0.25)

    late = http.submit(reference)

    assert soon.json == first.json
    assert late.json["gatewayReference"] != first.json["gatewayReference"]
    assert times_paid(http, reference) == 2
    assert reference in http.books()["paidTwice"]


def refusing(http: Http, reference: str) -> None:
    http.submit(reference, amount=100)

    assert http.submit(reference, amount=200).status == 400
    assert times_paid(http, reference) == 1


def ignoring(http: Http, reference: str) -> None:
    first = http.submit(reference, amount=100)

    assert http.submit(reference, amount=200).json == first.json
    assert times_paid(http, reference) == 1


CHECKS: dict[str, Check] = {
    "repeats_latest_state": latest_state,
    "repeats_first_answer": first_answer,
    "repeats_conflict": conflict,
    "forgets_its_key": forgetting,
    "refuses_another_body": refusing,
    "ignores_another_body": ignoring,
}


def times_paid(http: Http, reference: str) -> int:
    return sum(entry["timesPaid"] for entry in http.entries(reference))


def test_every_key_behaviour_has_a_check() -> None:
    assert CHECKS.keys() == {each.name for each in GROUPS["key"]}


@pytest.mark.parametrize("name", CHECKS)
def test_a_key_does_what_the_sentence_says(http: Http, reference: str, name: str) -> None:
    http.behave(reference, name)

    CHECKS[name](http, reference)


def test_no_other_gateway_forgets_its_keys(http: Http, reference: str) -> None:
    first = http.submit(reference)
    time.sleep(0.25)

    assert http.submit(reference).json == first.json
    assert times_paid(http, reference) == 1


def test_razorpayx_finds_both_payouts_of_a_forgotten_key(
    razorpayx: RazorpayX, reference: str
) -> None:
    razorpayx.behave(reference, "forgets_its_key")
    razorpayx.submit(reference)
    time.sleep(0.25)
    razorpayx.submit(reference)

    assert razorpayx.inquire(reference).json["count"] == 2
