"""`from`, `to` and `at`: which instants they include, what a date alone means, what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.support.people import Person
from tests.support.time import BOOKED, DATED_LISTS, money_moves_at
from wallet_api import clock
from wallet_api.movements.relay.copy import copy_outbox

LISTS = ["/withdrawals", "/wallets/transactions"]
PERIODS = [*LISTS, "/wallets/statement"]
DATED = [*DATED_LISTS, pytest.param("/wallets/statement", marks=BOOKED)]
MIDNIGHT = datetime(2026, 2, 24, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def sleepless(alice: Person, monkeypatch: pytest.MonkeyPatch) -> Person:
    """+100 the day before; withdrawals of 1, 2 and 3 around midnight, a millisecond apart."""
    mover = alice.in_process
    money_moves_at(MIDNIGHT - timedelta(days=1), monkeypatch)
    mover.deposits(100)
    for number in (1, 2, 3):
        money_moves_at(MIDNIGHT + (number - 2) * MILLISECOND, monkeypatch)
        mover.withdraws(number)
    copy_outbox(alice.id)  # while the clock is held
    return alice


def ask(person: Person, path: str, **members: str) -> Any:
    answer = person.get(f"{path}?{urlencode(members)}")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def withdrawn(person: Person, path: str, **period: str) -> list[int]:
    """The withdrawals in it, in major units, oldest first."""
    found = ask(person, path, **period)
    items = found["entries"] if "entries" in found else found["data"]
    amounts = [abs(each["amountCents"]) // 100 for each in items]
    return sorted(amount for amount in amounts if amount < 100)


def refusal(person: Person, path: str, **members: str) -> tuple[int, list[dict[str, str]]]:
    answer = person.get(f"{path}?{urlencode(members)}")
    return answer.status_code, answer.get_json().get("errors", [])


@pytest.mark.parametrize("path", DATED)
@pytest.mark.parametrize(
    "since", ["2026-02-24", "2026-02-24T00:00:00Z", "2026-02-24T05:30:00+05:30"]
)
def test_from_a_day_is_from_its_first_instant_in_utc(
    sleepless: Person, path: str, since: str
) -> None:
    assert withdrawn(sleepless, path, **{"from": since}) == [2, 3]


@pytest.mark.parametrize("path", DATED)
@pytest.mark.parametrize("until", ["2026-02-24", "2026-02-24T00:00:00Z"])
def test_to_a_day_leaves_that_day_out(sleepless: Person, path: str, until: str) -> None:
    assert withdrawn(sleepless, path, to=until) == [1]


@pytest.mark.parametrize("path", DATED)
def test_a_day_is_from_it_to_the_next(sleepless: Person, path: str) -> None:
    day = {"from": "2026-02-24", "to": "2026-02-25"}
    day_before = {"from": "2026-02-23", "to": "2026-02-24"}

    assert withdrawn(sleepless, path, **day) == [2, 3]
    assert withdrawn(sleepless, path, **day_before) == [1]


def test_a_statement_says_which_instants_it_took_the_days_for(sleepless: Person) -> None:
    told = ask(sleepless, "/wallets/statement", **{"from": "2026-02-24", "to": "2026-02-25"})

    assert (told["from"], told["to"]) == ("2026-02-24T00:00:00.000Z", "2026-02-25T00:00:00.000Z")


@BOOKED
def test_the_balance_at_a_day_is_that_of_its_first_instant_and_includes_it(
    sleepless: Person,
) -> None:
    by_day = ask(sleepless, "/wallets/balance", at="2026-02-24")
    just_before = ask(sleepless, "/wallets/balance", at="2026-02-23T23:59:59.999Z")

    assert (by_day["at"], by_day["balanceCents"]) == ("2026-02-24T00:00:00.000Z", 9700)
    assert just_before["balanceCents"] == 9900


@pytest.mark.parametrize("path", PERIODS)
@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-02-25", "2026-02-24"),
        ("2026-02-24T00:00:00.001Z", "2026-02-24"),
        ("2026-02-24T00:00:00+00:00", "2026-02-24T00:00:00+00:01"),
    ],
)
def test_a_period_that_ends_before_it_begins_is_refused(
    alice: Person, path: str, since: str, until: str
) -> None:
    told = refusal(alice, path, **{"from": since, "to": until})

    assert told == (400, [{"pointer": "to", "detail": "Must not be before `from`."}])


@pytest.mark.parametrize("path", PERIODS)
def test_a_period_may_be_empty(sleepless: Person, path: str) -> None:
    assert withdrawn(sleepless, path, **{"from": "2026-02-24", "to": "2026-02-24"}) == []


@pytest.mark.parametrize("to", [{}, {"to": "2100-01-01"}])
def test_a_statement_that_begins_in_the_future_is_refused(
    alice: Person, to: dict[str, str]
) -> None:
    tomorrow = clock.rfc3339(clock.now() + timedelta(days=1))

    told = refusal(alice, "/wallets/statement", **{"from": tomorrow}, **to)

    assert told == (400, [{"pointer": "from", "detail": "Must not be in the future."}])


def test_a_statement_may_begin_now_and_end_in_the_future(alice: Person) -> None:
    now = clock.rfc3339(clock.now())

    told = ask(alice, "/wallets/statement", **{"from": now, "to": "2100-01-01"})

    assert (told["entries"], told["to"]) == ([], "2100-01-01T00:00:00.000Z")


@pytest.mark.parametrize("path", [*PERIODS, "/wallets/balance"])
def test_the_document_says_whether_an_instant_is_included(client: FlaskClient, path: str) -> None:
    operation = client.get("/openapi.json").get_json()["paths"][path]["get"]
    told = {each["name"]: each for each in operation["parameters"]}

    for name in told.keys() & {"from", "to", "at"}:
        assert "included" in told[name]["description"]
        assert "A date alone is its first instant in UTC." in told[name]["description"]
        formats = [each["format"] for each in told[name]["schema"]["anyOf"]]
        assert formats == ["date-time", "date"]
    assert told.keys() & {"from", "at"}
