"""What a list may be asked: known members, real times and limits, and cursors it has given."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.people import Person

LISTS = ["/withdrawals", "/wallets/transactions"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "ten", "", "1e1", "٣", " 5", "9" * 30])
def test_a_limit_that_is_none_is_refused(alice: Person, path: str, limit: str) -> None:
    answer = alice.get(f"{path}?{urlencode({'limit': limit})}")

    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["pointer"] == "limit"


@pytest.mark.parametrize(
    "query",
    [
        "page=2",
        "limit=5&offset=3",
        "Limit=5",
        "user=1",
        "status[$ne]=failed",
        "from[$gt]=",
        "limit=5&limit=6",
        "__raw__=1",
    ],
)
@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_or_repeated_query_member_is_refused(
    alice: Person, path: str, query: str
) -> None:
    assert alice.get(f"{path}?{query}").status_code == 400


@pytest.mark.parametrize("path", [*LISTS, "/wallets/statement"])
@pytest.mark.parametrize(
    "instant",
    [
        "yesterday",
        "2026-02-24T12:00:00",
        "2026-02-24T12:00Z",
        "2026-02-24Z",
        "2026-02-30",
        "2026-2-4",
        "20260224",
        "2026-W09-2",
        "2026-02",
        "٢٠٢٦-٠٢-٢٤",
        "2026-13-01T00:00:00Z",
        "",
        "0",
        "1771934400",
    ],
)
def test_a_time_without_its_offset_is_refused(alice: Person, path: str, instant: str) -> None:
    answer = alice.get(f"{path}?{urlencode({'from': instant})}")

    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["pointer"] == "from"


def cursor_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


FORGED = {
    "empty": "",
    "words": "next",
    "not base64": "!!!!",
    "not ASCII": "é",
    "base64 of words": base64.urlsafe_b64encode(b"next").decode(),
    "a number": cursor_of(5),
    "a list": cursor_of([]),
    "no place": cursor_of([[], {}]),
    "a place without time": cursor_of([["x", "y"], {}]),
    "an absurd time": cursor_of([[10**30, "6b046aa761bd698058eff8c4"], {}]),
    "NaN": cursor_of([[float("nan"), "6b046aa761bd698058eff8c4"], {}]),
    "an operator as tie": cursor_of([[0, {"$gt": ""}], {}]),
    "a tie that is none": cursor_of([[0, "here"], {}]),
    "a huge tie": cursor_of([[0, "9" * 40], {}]),
    "unknown filters": cursor_of([[0, "6b046aa761bd698058eff8c4"], {"user": "x"}]),
    "operator filters": cursor_of([[0, "6b046aa761bd698058eff8c4"], {"status": {"$ne": ""}}]),
    "filters that are none": cursor_of([[0, "6b046aa761bd698058eff8c4"], 5]),
    "deep": base64.urlsafe_b64encode(b"[" * 2500).decode(),
}


@pytest.mark.parametrize("cursor", FORGED.values(), ids=FORGED)
def test_a_forged_withdrawal_cursor_is_refused(alice: Person, cursor: str) -> None:
    alice.withdraws(1)

    answer = alice.get(f"/withdrawals?{urlencode({'cursor': cursor})}")

    assert answer.status_code == 400, answer.get_json()


@pytest.mark.parametrize("cursor", FORGED.values(), ids=FORGED)
def test_a_forged_ledger_cursor_is_refused(alice: Person, cursor: str) -> None:
    alice.deposits(1)

    answer = alice.get(f"/wallets/transactions?{urlencode({'cursor': cursor})}")

    assert answer.status_code == 400, answer.get_json()
