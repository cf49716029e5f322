"""GET /wallets/statement and GET /wallets/balance: opening plus entries is closing, at any time."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.support.people import Person, someone
from tests.support.time import BOOKED, money_moves_at
from wallet_api import clock
from wallet_api.movements.relay.copy import copy_outbox

DAY_ONE = datetime(2026, 2, 24, 9, 0, tzinfo=UTC)


def at(day: float) -> str:
    """So many days after the first movement."""
    return clock.rfc3339(DAY_ONE + timedelta(days=day))


@pytest.fixture
def saver(alice: Person, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Day 0: +100. Day 1: -30, and a refusal. Day 2: +5.25. Day 3: -20."""
    mover = alice.in_process
    days: list[Callable[[], object]] = [
        lambda: mover.deposits(100),
        lambda: (mover.withdraws(30, destination="rent, and more"), mover.withdraws(1000)),
        lambda: mover.deposits(5.25),
        lambda: mover.withdraws(20),
    ]
    for number, happens in enumerate(days):
        money_moves_at(DAY_ONE + timedelta(days=number), monkeypatch)
        happens()
    money_moves_at(DAY_ONE + timedelta(days=10), monkeypatch)
    copy_outbox(alice.id)  # while the clock is held
    return alice


def statement(person: Person, **period: str) -> dict[str, Any]:
    answer = person.get(f"/wallets/statement?{urlencode(period)}")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return answer.get_json()


@BOOKED
def test_a_statement_tells_the_whole_story(saver: Person) -> None:
    told = statement(saver)

    assert (told["currency"], told["from"], told["to"]) == ("INR", None, at(10))
    assert (told["openingBalanceCents"], told["closingBalanceCents"]) == (0, 5525)
    assert [entry["amountCents"] for entry in told["entries"]] == [10000, -3000, 525, -2000]
    assert [entry["sequence"] for entry in told["entries"]] == [1, 2, 3, 4]
    assert [entry["createdAt"] for entry in told["entries"]] == [at(0), at(1), at(2), at(3)]


@BOOKED
@pytest.mark.parametrize(
    ("since", "until", "opening", "amounts", "closing"),
    [
        (0, 4, 0, [10000, -3000, 525, -2000], 5525),
        (1, 3, 10000, [-3000, 525], 7525),
        (1.5, 2.5, 7000, [525], 7525),
        (-5, 0, 0, [], 0),
        (5, 9, 5525, [], 5525),
        (2, 2, 7000, [], 7000),
        (0, 1, 0, [10000], 10000),
    ],
)
def test_a_period_includes_its_beginning_and_not_its_end(
    saver: Person, since: float, until: float, opening: int, amounts: list[int], closing: int
) -> None:
    told = statement(saver, **{"from": at(since), "to": at(until)})

    assert (told["openingBalanceCents"], told["closingBalanceCents"]) == (opening, closing)
    assert [entry["amountCents"] for entry in told["entries"]] == amounts
    assert opening + sum(amounts) == closing


@BOOKED
def test_periods_that_meet_fit_together(saver: Person) -> None:
    cuts = [at(day) for day in (-1, 0, 0.5, 1, 2, 2.75, 3, 9)]

    told = [statement(saver, **{"from": since, "to": until}) for since, until in pairwise(cuts)]

    for earlier, later in pairwise(told):
        assert earlier["closingBalanceCents"] == later["openingBalanceCents"]
    assert sum(len(one["entries"]) for one in told) == 4


@BOOKED
def test_csv_says_the_same(saver: Person) -> None:
    query = urlencode({"from": at(1), "to": at(3)})

    answer = saver.get(f"/wallets/statement?{query}", Accept="text/csv")

    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    opening, *entries, closing = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
    assert (opening["type"], opening["balanceAfter"], opening["createdAt"]) == (
        "opening",
        "100.00",
        at(1),
    )
    assert [(line["amount"], line["amountCents"]) for line in entries] == [
        ("-30.00", "-3000"),
        ("5.25", "525"),
    ]
    assert (closing["type"], closing["balanceAfterCents"]) == ("closing", "7525")
    assert {line["currency"] for line in (opening, *entries, closing)} == {"INR"}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("application/json;q=0.5, text/csv", "text/csv; charset=utf-8"),
    ],
)
def test_accept_chooses_the_form(saver: Person, accept: str, content_type: str) -> None:
    assert saver.get("/wallets/statement", Accept=accept).content_type == content_type


def test_major_units_have_the_currencys_decimals(client: FlaskClient) -> None:
    yen = someone(client, "y@example.com", "JPY")
    yen.deposits(1500)

    answer = yen.get("/wallets/statement", Accept="text/csv")

    *_, closing = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
    assert (closing["balanceAfter"], closing["balanceAfterCents"]) == ("1500", "1500")


@BOOKED
@pytest.mark.parametrize(
    ("day", "cents"), [(-1, 0), (0, 10000), (0.5, 10000), (1, 7000), (2.5, 7525), (9, 5525)]
)
def test_the_balance_at_any_time(saver: Person, day: float, cents: int) -> None:
    answer = saver.get(f"/wallets/balance?{urlencode({'at': at(day)})}")

    assert answer.status_code == 200
    assert answer.get_json() == {"at": at(day), "balanceCents": cents, "currency": "INR"}


@pytest.mark.parametrize("query", ["", "at=now", "at=2026-02", "at=2026-02-24T00:00:00Z&to=x"])
def test_a_balance_at_no_time_is_refused(alice: Person, query: str) -> None:
    assert alice.get(f"/wallets/balance?{query}").status_code == 400


def test_an_empty_wallet_has_a_statement_too(alice: Person) -> None:
    told = statement(alice)

    assert (told["openingBalanceCents"], told["entries"], told["closingBalanceCents"]) == (0, [], 0)


@BOOKED
def test_a_clock_that_jumps_back_does_not_reorder_the_ledger(
    saver: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    money_moves_at(DAY_ONE - timedelta(days=30), monkeypatch)
    saver.deposits(1)
    money_moves_at(DAY_ONE + timedelta(days=10), monkeypatch)

    told = statement(saver, **{"from": at(3)})

    assert [entry["amountCents"] for entry in told["entries"]] == [-2000, 100]
    assert [entry["createdAt"] for entry in told["entries"]] == [at(3), at(3)]
    assert told["closingBalanceCents"] == saver.balance() == 5625


def test_a_long_statement_is_whole(alice: Person) -> None:
    for _ in range(150):
        alice.deposits(0.01)

    told = statement(alice)

    assert [entry["balanceAfterCents"] for entry in told["entries"]] == list(range(1, 151))
