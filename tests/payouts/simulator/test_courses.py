"""What becomes of a payout is what the sentence of its behaviour says, in answers and books."""

import pytest

from tests.support.payout_simulator import Http, RazorpayX, a_reference, eventually
from wallet_api.payouts.simulator.behaviours.catalogue import GROUPS

ACCEPTED, SETTLED, DECLINED, RETURNED = "accepted", "settled", "declined", "returned"

COURSES = {
    "settles": ([SETTLED], 1, 0),
    "settles_later": ([ACCEPTED, SETTLED], 1, 0),
    "declines": ([DECLINED], 0, 0),
    "declines_later": ([ACCEPTED, DECLINED], 0, 0),
    "returns_later": ([SETTLED, RETURNED], 1, 1),
    "settles_after_days": ([ACCEPTED, ACCEPTED, ACCEPTED, SETTLED], 1, 0),
    "declines_after_days": ([ACCEPTED, ACCEPTED, ACCEPTED, DECLINED], 0, 0),
    "returns_after_days": ([ACCEPTED, ACCEPTED, ACCEPTED, RETURNED], 1, 1),
    "returns_a_day_late": ([SETTLED, RETURNED], 1, 1),
    "returns_twice": ([SETTLED, RETURNED, RETURNED], 1, 1),
    "declined_then_returned": ([DECLINED, RETURNED], 1, 1),
    "returned_then_declined": ([SETTLED, RETURNED, DECLINED], 1, 1),
    "declined_then_settled": ([DECLINED, SETTLED], 1, 0),
    "cancelled_there": ([ACCEPTED, DECLINED], 0, 0),
    "cancel_comes_too_late": ([ACCEPTED, SETTLED], 1, 0),
}
"""By name: what is said in turn, how often money leaves, and how often it comes back."""

WORDS = {
    ACCEPTED: {"processing", "queued", "pending"},
    SETTLED: {"processed"},
    DECLINED: {"failed", "rejected", "cancelled"},
    RETURNED: {"reversed"},
}
"""RazorpayX's for the same."""

Gone = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def gone(address: str) -> dict[type[Http], Gone]:
    """Every course, by both protocols at once, to its end: its reference and the first word."""
    begun: dict[type[Http], Gone] = {Http: {}, RazorpayX: {}}
    for kind in (Http, RazorpayX):
        client = kind(address)
        for name in COURSES:
            reference = a_reference()
            client.behave(reference, name)
            begun[kind][name] = reference, client.submit(reference).json["status"]

    def all_have_ended() -> bool:
        said = {
            entry["reference"]: len(entry["history"]) for entry in Http(address).books()["payouts"]
        }
        return all(
            said[reference] == len(COURSES[name][0])
            for each in begun.values()
            for name, (reference, _) in each.items()
        )

    eventually(all_have_ended)
    return begun


def test_every_course_has_an_expectation() -> None:
    assert COURSES.keys() == {each.name for each in GROUPS["course"]}


@pytest.mark.parametrize("name", COURSES)
def test_the_http_protocol_tells_the_course(
    http: Http, gone: dict[type[Http], Gone], name: str
) -> None:
    told, paid, returned = COURSES[name]
    reference, first = gone[Http][name]

    (entry,) = http.entries(reference)

    assert first == told[0]
    assert [each["status"] for each in entry["history"]] == told
    assert http.inquire(reference).json["status"] == told[-1]
    assert (entry["timesPaid"], entry["timesReturned"]) == (paid, returned)
    assert entry["paidMinor"] - entry["returnedMinor"] == 10050 * (paid - returned)


@pytest.mark.parametrize("name", COURSES)
def test_razorpayx_tells_the_course(
    razorpayx: RazorpayX, gone: dict[type[Http], Gone], name: str
) -> None:
    told, paid, returned = COURSES[name]
    reference, first = gone[RazorpayX][name]

    (last,) = razorpayx.inquire(reference).json["items"]
    (entry,) = razorpayx.entries(reference)

    assert first in WORDS[told[0]]
    assert last["status"] in WORDS[told[-1]]
    assert (entry["timesPaid"], entry["timesReturned"]) == (paid, returned)


def test_a_decline_says_why(http: Http, gone: dict[type[Http], Gone]) -> None:
    reasons = {
        name: http.inquire(gone[Http][name][0]).json["reason"]
        for name in ("declines", "cancelled_there", "returns_later")
    }

    assert reasons == {
        "declines": "beneficiary_account_closed",
        "cancelled_there": "cancelled",
        "returns_later": "beneficiary_bank_returned",
    }


def test_a_cancellation_that_comes_too_late_is_answered_with_accepted(
    http: Http, reference: str
) -> None:
    http.behave(reference, "cancel_comes_too_late")
    http.submit(reference)

    answer = http.ask("POST", f"/payouts/{reference}/cancel")

    assert (answer.status, answer.json["status"]) == (200, ACCEPTED)
    eventually(lambda: http.inquire(reference).json["status"] == SETTLED)


def test_what_is_cancelled_in_time_is_never_paid(http: Http, reference: str) -> None:
    http.behave(reference, "settles_later")
    http.submit(reference)
    http.ask("POST", f"/payouts/{reference}/cancel")
    other = a_reference()
    http.behave(other, "settles_later")
    http.submit(other)

    eventually(lambda: http.inquire(other).json["status"] == SETTLED)

    (entry,) = http.entries(reference)
    assert (entry["status"], entry["timesPaid"]) == (DECLINED, 0)
