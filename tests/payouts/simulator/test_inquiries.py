"""An inquiry hides the truth as its behaviour says."""

from collections.abc import Callable
from http.client import HTTPException

import pytest

from tests.support.payout_simulator import Http, RazorpayX, eventually
from wallet_api.payouts.simulator.behaviours.catalogue import GROUPS


def silently_paid(client: Http, reference: str) -> None:
    with pytest.raises((HTTPException, OSError)):
        client.submit(reference)
    (entry,) = client.entries(reference)
    assert entry["timesPaid"] == 1


def found_later(http: Http, reference: str) -> None:
    silently_paid(http, reference)

    assert http.inquire(reference).json == {"status": "not_found"}
    eventually(lambda: http.inquire(reference).json["status"] == "settled")


def never_found(http: Http, reference: str) -> None:
    silently_paid(http, reference)

    assert http.inquire(reference).status == 404
    assert reference in [payout["reference"] for payout in listed(http)]


def two(http: Http, reference: str) -> None:
    silently_paid(http, reference)

    assert [payout["status"] for payout in http.inquire(reference).json] == ["settled", "declined"]


def stale(http: Http, reference: str) -> None:
    http.submit(reference)
    eventually(lambda: http.entries(reference)[0]["status"] == "settled")

    assert http.inquire(reference).json["status"] == "accepted"
    eventually(lambda: http.inquire(reference).json["status"] == "settled")


def broken(http: Http, reference: str) -> None:
    silently_paid(http, reference)

    assert {http.inquire(reference).status for _ in range(3)} == {500}


def listed(http: Http) -> list[dict]:
    return http.ask("GET", "/payouts?limit=1000").json["data"]


CHECKS: dict[str, Callable[[Http, str], None]] = {
    "found_only_later": found_later,
    "never_found_though_paid": never_found,
    "two_found": two,
    "inquiry_older_than_callback": stale,
    "inquiry_always_500": broken,
}


def test_every_inquiry_has_a_check() -> None:
    assert CHECKS.keys() == {each.name for each in GROUPS["inquiry"]}


@pytest.mark.parametrize("name", CHECKS)
def test_an_inquiry_is_answered_as_the_sentence_says(http: Http, reference: str, name: str) -> None:
    http.behave(reference, name)

    CHECKS[name](http, reference)


@pytest.mark.parametrize(
    ("name", "count"),
    [("found_only_later", 0), ("never_found_though_paid", 0), ("two_found", 2)],
)
def test_razorpayx_finds_as_many(
    razorpayx: RazorpayX, reference: str, name: str, count: int
) -> None:
    razorpayx.behave(reference, name)
    silently_paid(razorpayx, reference)

    assert razorpayx.inquire(reference).json["count"] == count
