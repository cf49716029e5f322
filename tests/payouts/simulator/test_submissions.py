"""The answer to a submission goes wrong as its behaviour says; the books say what was paid."""

import time
from collections.abc import Callable
from http.client import HTTPException

import pytest

from tests.support.payout_simulator import Answer, Http, RazorpayX, a_reference, eventually
from wallet_api.payouts.simulator.behaviours.catalogue import GROUPS

MEGABYTE = 1024 * 1024


def status(expected: int) -> Callable[[Answer], bool]:
    return lambda answer: answer.status == expected


def body(expected: bytes) -> Callable[[Answer], bool]:
    return lambda answer: (answer.status, answer.body) == (200, expected)


def says(word: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.json["status"] == word


def is_html(answer: Answer) -> bool:
    return answer.status == 200 and answer.headers["content-type"].startswith("text/html")


def is_cut(answer: Answer) -> bool:
    return answer.status == 201 and answer.body[:1] == b"{" and answer.body[-1:] != b"}"


def is_limited_for_so_long(answer: Answer) -> bool:
    return answer.status == 429 and answer.headers["retry-after"] == "1"


def is_limited(answer: Answer) -> bool:
    return answer.status == 429 and "retry-after" not in answer.headers


def is_an_error_object(answer: Answer) -> bool:
    return answer.status == 200 and "error" in answer.json


def leads_elsewhere(answer: Answer) -> bool:
    return answer.status == 302 and answer.headers["location"] == "/_elsewhere"


ANSWERS: dict[str, tuple[Callable[[Answer], bool], int]] = {
    "pays_then_late": (says("settled"), 1),
    "pays_then_500": (status(500), 1),
    "unpaid_500": (status(500), 0),
    "answers_html": (is_html, 1),
    "unpaid_html": (is_html, 0),
    "accepts_and_loses_it": (says("accepted"), 0),
    "answers_cut_json": (is_cut, 1),
    "answers_empty_object": (body(b"{}"), 1),
    "answers_nothing": (body(b""), 1),
    "answers_200_with_an_error": (is_an_error_object, 0),
    "answers_202": (status(202), 0),
    "redirects": (leads_elsewhere, 0),
    "limits_with_retry_after": (is_limited_for_so_long, 0),
    "limits_without_retry_after": (is_limited, 0),
    "unauthorized_for_a_minute": (status(401), 0),
    "forbidden_for_a_minute": (status(403), 0),
    "balance_too_low": (status(403), 0),
    "conflict_in_flight": (status(409), 1),
    "maintenance": (status(503), 0),
}
"""By name: the first answer, and how often it is paid by then."""

BREAKS_OFF = {"pays_then_silent": 1, "unpaid_silent": 0, "answers_half": 1}
"""By name: how often it is paid."""

TOO_LONG = {"answers_1_gb", "answers_gzip_bomb", "drips"}

FOR_A_MINUTE = {
    "limits_with_retry_after": False,
    "limits_without_retry_after": False,
    "unauthorized_for_a_minute": True,
    "forbidden_for_a_minute": True,
    "balance_too_low": False,
    "maintenance": True,
}
"""By name: whether inquiries fail as well."""


def paid(client: Http, reference: str) -> int:
    return sum(entry["timesPaid"] for entry in client.entries(reference))


def test_every_submission_has_an_expectation() -> None:
    told = ANSWERS.keys() | BREAKS_OFF.keys() | TOO_LONG

    assert told == {each.name for each in GROUPS["submission"]}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_first_answer_is_wrong_as_the_sentence_says(
    http: Http, reference: str, name: str
) -> None:
    fits, times = ANSWERS[name]
    http.behave(reference, name)

    answer = http.submit(reference)

    assert fits(answer), answer
    assert paid(http, reference) == times


@pytest.mark.parametrize("name", BREAKS_OFF)
def test_the_connection_ends_without_a_whole_answer(http: Http, reference: str, name: str) -> None:
    http.behave(reference, name)

    with pytest.raises((HTTPException, OSError)):
        http.submit(reference)

    assert paid(http, reference) == BREAKS_OFF[name]


@pytest.mark.parametrize("name", sorted(ANSWERS.keys() | BREAKS_OFF.keys()))
def test_in_the_end_the_same_submission_is_taken_and_paid_once(
    http: Http, reference: str, name: str
) -> None:
    http.behave(reference, name)
    first_answer(http, reference)

    eventually(lambda: http.submit(reference).status == 201)

    eventually(lambda: http.inquire(reference).json["status"] == "settled")
    assert paid(http, reference) == 1


def first_answer(client: Http, reference: str) -> Answer | None:
    """None: there was none."""
    try:
        return client.submit(reference)
    except (HTTPException, OSError):
        return None


def test_the_500_of_what_is_paid_is_that_of_what_is_not(http: Http, reference: str) -> None:
    http.behave(reference, "pays_then_500")
    http.behave(other := a_reference(), "unpaid_500")

    assert http.submit(reference).body == http.submit(other).body


def test_a_late_answer_comes_after_the_clients_time_out(http: Http, reference: str) -> None:
    http.behave(reference, "pays_then_late")
    began = time.monotonic()

    http.submit(reference)

    assert time.monotonic() - began > 0.2


@pytest.mark.parametrize("name", FOR_A_MINUTE)
def test_a_minute_is_counted_from_the_first_submission(
    http: Http, reference: str, name: str
) -> None:
    http.behave(reference, name)
    first = http.submit(reference).status
    meanwhile = http.inquire(reference).status

    again = http.submit(reference).status
    time.sleep(0.32)
    afterwards = http.submit(reference).status

    assert again == first
    assert meanwhile == (first if FOR_A_MINUTE[name] else 404)
    assert afterwards == 201


@pytest.mark.parametrize("name", [name for name, hit in FOR_A_MINUTE.items() if hit])
def test_look_ups_at_razorpayx_fail_as_well(
    razorpayx: RazorpayX, reference: str, name: str
) -> None:
    razorpayx.behave(reference, name)
    first = razorpayx.submit(reference).status

    assert razorpayx.inquire(reference).status == first


def test_who_follows_a_redirect_is_seen(http: Http, reference: str) -> None:
    http.behave(reference, "redirects")
    location = http.submit(reference).headers["location"]
    before = http.books()["followedRedirects"]

    told = http.ask("GET", location)

    assert told.json["status"] == "settled"
    assert paid(http, reference) == 0
    assert http.books()["followedRedirects"] == before + 1
