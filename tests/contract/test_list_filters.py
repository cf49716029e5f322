"""A list holds what its filters say: a status, a key, a period."""

from urllib.parse import urlencode

import pytest

from tests.support.lists import amounts, ask, at
from tests.support.people import Person
from tests.support.time import DATED_LISTS


@pytest.mark.parametrize("path", DATED_LISTS)
def test_a_period_includes_its_beginning_and_not_its_end(busy: Person, path: str) -> None:
    found = ask(busy, path, **{"from": at(1), "to": at(3)})["data"]

    assert [abs(amount) for amount in amounts(found)] == [5, 4, 3, 2]


def test_times_with_an_offset_mean_the_instant(busy: Person) -> None:
    by_offset = ask(busy, "/withdrawals", **{"from": "2026-02-24T17:33:00+05:30"})["data"]

    assert amounts(by_offset) == [7, 6]


def test_withdrawals_are_filtered_by_status(busy: Person) -> None:
    busy.withdraws(10**6)

    failed = ask(busy, "/withdrawals", status="failed")["data"]
    succeeded = ask(busy, "/withdrawals", status="success")["data"]
    pending = ask(busy, "/withdrawals", status="pending")["data"]

    assert (amounts(failed), len(succeeded), pending) == ([10**6], 7, [])


def test_a_withdrawal_is_found_by_its_key(busy: Person, bob: Person) -> None:
    (found,) = ask(busy, "/withdrawals", idempotencyKey="k4")["data"]

    assert (found["amountCents"], found["idempotencyKey"]) == (400, "k4")
    assert ask(bob, "/withdrawals", idempotencyKey="k4")["data"] == []
    assert ask(busy, "/withdrawals", idempotencyKey="nobody's")["data"] == []


def test_a_key_is_found_as_it_is_shown(busy: Person) -> None:
    busy.withdraws(1, '"order 7, part 2"')

    (found,) = ask(busy, "/withdrawals", idempotencyKey="order 7, part 2")["data"]

    assert found["idempotencyKey"] == "order 7, part 2"


@pytest.mark.parametrize("key", ["", "clé", "k\u200b", "\ufeffk", "k" * 256, " k", "k\t", "k\n"])
def test_a_key_that_nobody_can_have_sent_is_no_filter(busy: Person, key: str) -> None:
    answer = busy.get(f"/withdrawals?{urlencode({'idempotencyKey': key})}")

    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.get_json()["errors"]] == ["idempotencyKey"]
