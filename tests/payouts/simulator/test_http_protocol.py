"""The `http` protocol, to the letter."""

import pytest

from tests.support.payout_simulator import Http, a_reference, running


def test_a_payout_is_taken_and_told(http: Http, reference: str) -> None:
    answer = http.submit(reference, amount=10050)

    assert answer.status == 201
    assert answer.json == {
        "reference": reference,
        "status": "settled",
        "amountMinor": 10050,
        "currency": "INR",
        "gatewayReference": answer.json["gatewayReference"],
        "feeMinor": 50,
        "trace": answer.json["trace"],
        "createdAt": answer.json["createdAt"],
    }


def test_an_inquiry_gets_the_same_body(http: Http, reference: str) -> None:
    submitted = http.submit(reference)

    inquired = http.inquire(reference)

    assert inquired.status == 200
    assert inquired.json == submitted.json


def test_the_same_submission_again_gets_the_same_answer_and_pays_once(
    http: Http, reference: str
) -> None:
    first = http.submit(reference)

    again = http.submit(reference)

    assert again.json == first.json
    assert [entry["timesPaid"] for entry in http.entries(reference)] == [1]


def test_another_body_with_the_same_key_is_refused(http: Http, reference: str) -> None:
    http.submit(reference, amount=100)

    answer = http.submit(reference, amount=101)

    assert answer.status == 400
    assert [entry["paidMinor"] for entry in http.entries(reference)] == [100]


def test_what_is_not_there_is_a_404_that_says_so(http: Http) -> None:
    answer = http.inquire("wd" + "f" * 24)

    assert (answer.status, answer.json) == (404, {"status": "not_found"})


@pytest.mark.parametrize(("method", "path"), [("POST", "/payouts"), ("GET", "/payouts/wd1")])
def test_a_wrong_token_is_a_401(http: Http, method: str, path: str) -> None:
    answer = http.ask(method, path, {}, Authorization="Bearer of another")

    assert answer.status == 401


WHOLE = {
    "reference": "wd1",
    "amountMinor": 1,
    "currency": "INR",
    "destination": "x",
    "createdAt": "2026-11-26T00:00:00.000Z",
}


@pytest.mark.parametrize(
    "change",
    [
        {"reference": 1},
        {"reference": "wd2"},
        {"reference": "\ud800"},
        {"reference": "wd 1"},
        {"reference": "x" * 65},
        {"amountMinor": 10.5},
        {"amountMinor": True},
        {"amountMinor": 0},
        {"currency": "XXX"},
        {"destination": ""},
        {"createdAt": None},
    ],
    ids=str,
)
def test_a_wrong_member_is_a_400_that_names_it(http: Http, change: dict) -> None:
    answer = http.ask("POST", "/payouts", WHOLE | change, Idempotency_Key="wd1")

    assert answer.status == 400
    assert next(iter(change)) in answer.json["error"]
    assert http.entries("wd1") == []


def test_the_list_is_paged_and_has_each_payout_once() -> None:
    references = [a_reference() for _ in range(5)]
    with running() as address:
        http = Http(address)
        for each in references:
            http.submit(each)

        pages, cursor = [], "0"
        while cursor is not None:
            query = f"from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&limit=2&cursor={cursor}"
            page = http.ask("GET", f"/payouts?{query}").json
            pages.append([payout["reference"] for payout in page["data"]])
            cursor = page["nextCursor"]

    assert pages == [references[:2], references[2:4], references[4:]]


def test_the_list_has_what_was_taken_from_then_until_before_then(
    http: Http, reference: str
) -> None:
    at = http.submit(reference).json["createdAt"]

    def listed(since: str, until: str) -> list[str]:
        page = http.ask("GET", f"/payouts?from={since}&to={until}&limit=1000").json
        return [payout["reference"] for payout in page["data"]]

    assert reference in listed(at, "2100-01-01T00:00:00Z")
    assert reference not in listed("2020-01-01T00:00:00Z", at)


def test_a_cancellation_ends_what_is_only_accepted(http: Http, reference: str) -> None:
    http.behave(reference, "settles_after_days")
    http.submit(reference)

    cancelled = http.ask("POST", f"/payouts/{reference}/cancel")

    assert (cancelled.status, cancelled.json["status"]) == (200, "declined")
    assert cancelled.json["reason"] == "cancelled"


def test_a_cancellation_of_what_is_paid_is_refused(http: Http, reference: str) -> None:
    http.submit(reference)

    answer = http.ask("POST", f"/payouts/{reference}/cancel")

    assert (answer.status, answer.json["status"]) == (409, "settled")
