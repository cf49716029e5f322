"""What an answer says wrongly is wrong for a minute; the books are right all the time."""

from typing import Any

import pytest

from tests.support.payout_simulator import Http, RazorpayX, eventually
from wallet_api.payouts.simulator.behaviours.catalogue import GROUPS

WRONG: dict[str, tuple[str, str, Any]] = {
    "names_another_reference": ("reference", "reference_id", None),
    "names_100_times_the_amount": ("amountMinor", "amount", 1_005_000),
    "names_amount_less_fee": ("amountMinor", "amount", 10_000),
    "names_another_currency": ("currency", "currency", "USD"),
    "says_an_unknown_word": ("status", "status", "in_orbit"),
}
"""By name: the wrong member, in both protocols, and what it says; None: anything else."""


def test_every_object_has_an_expectation() -> None:
    assert WRONG.keys() == {each.name for each in GROUPS["object"]}


@pytest.mark.parametrize("name", WRONG)
def test_one_member_is_wrong_for_a_minute(http: Http, reference: str, name: str) -> None:
    member, _, value = WRONG[name]
    http.behave(reference, name)

    submitted, inquired = http.submit(reference).json, http.inquire(reference).json
    truth = eventually(lambda: now_right(http, reference, submitted))

    assert submitted == inquired
    assert {key for key in truth if truth[key] != submitted[key]} == {member}
    assert value is None or submitted[member] == value
    (entry,) = http.entries(reference)
    assert (entry["paidMinor"], entry["currency"]) == (10050, "INR")


def now_right(http: Http, reference: str, wrong: dict[str, Any]) -> dict[str, Any] | None:
    told = http.inquire(reference).json
    return told if told != wrong else None


@pytest.mark.parametrize("name", WRONG)
def test_razorpayx_is_as_wrong(razorpayx: RazorpayX, reference: str, name: str) -> None:
    _, member, value = WRONG[name]
    razorpayx.behave(reference, name)

    told = razorpayx.submit(reference).json

    assert told[member] not in (reference, "processed", "INR", 10050)
    assert value is None or told[member] == value
