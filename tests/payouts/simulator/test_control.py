"""The control routes are there only if they are asked for, and refuse what they do not know."""

import pytest

from tests.support.payout_simulator import Http, running


@pytest.mark.parametrize("path", ["/_control/behaviours", "/_control/callbacks"])
def test_without_control_there_are_no_control_routes(path: str) -> None:
    with running() as address:
        answer = Http(address).ask("POST", path, {"reference": "wd1", "behaviours": []})

    assert answer.status == 404


def test_a_behaviour_that_nobody_knows_is_refused_by_name(http: Http, reference: str) -> None:
    body = {"reference": reference, "behaviours": ["declinse"]}

    answer = http.ask("POST", "/_control/behaviours", body)

    assert answer.status == 400
    assert "declinse" in answer.json["error"]


@pytest.mark.parametrize("body", [{}, {"reference": 1, "behaviours": []}, [], {"behaviours": [{}]}])
def test_an_order_that_is_none_is_refused(http: Http, body: object) -> None:
    assert http.ask("POST", "/_control/behaviours", body).status == 400


@pytest.mark.parametrize("url", [1, "ftp://x", "nowhere", "http://", "http://x:99999"])
def test_callbacks_go_only_to_an_address(http: Http, url: object) -> None:
    assert http.ask("POST", "/_control/callbacks", {"url": url}).status == 400


def test_the_books_are_at_the_control_route_too(http: Http, reference: str) -> None:
    http.submit(reference)

    books = http.ask("GET", "/_control/books").json

    assert reference in [entry["reference"] for entry in books["payouts"]]
