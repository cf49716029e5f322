"""GET /withdrawals and GET /wallets/transactions: newest first, page by page, nothing twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.people import Person
from tests.support.time import BOOKED, DATED_LISTS, money_moves_at
from wallet_api import clock
from wallet_api.movements.relay.copy import copy_outbox

LISTS = ["/withdrawals", "/wallets/transactions"]
START = datetime(2026, 2, 24, 12, 0, tzinfo=UTC)


def at(minutes: float) -> str:
    return clock.rfc3339(START + timedelta(minutes=minutes))


def ask(person: Person, path: str, **members: Any) -> dict[str, Any]:
    answer = person.get(f"{path}?{urlencode(members)}")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def pages(person: Person, path: str, **members: Any) -> Iterator[list[dict[str, Any]]]:
    """Every page of the list, following its cursors."""
    page = ask(person, path, **members)
    while True:
        yield page["data"]
        assert page["hasMore"] is (page["nextCursor"] is not None)
        if not page["hasMore"]:
            return
        page = ask(person, path, cursor=page["nextCursor"], limit=members.get("limit", 20))


def ids(page: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in page]


@pytest.fixture
def busy(alice: Person, monkeypatch: pytest.MonkeyPatch) -> Person:
    """A deposit, and then 7 withdrawals of 1 to 7, of which every two share an instant."""
    mover = alice.in_process
    money_moves_at(START - timedelta(minutes=1), monkeypatch)
    mover.deposits(1000)
    for number in range(1, 8):
        money_moves_at(START + timedelta(minutes=number // 2), monkeypatch)
        mover.withdraws(number, f"k{number}")
    copy_outbox(alice.id)  # while the clock is held
    return alice


def amounts(page: list[dict[str, Any]]) -> list[int]:
    return [item["amountCents"] // 100 for item in page]


def test_withdrawals_come_newest_first(busy: Person) -> None:
    page = ask(busy, "/withdrawals")

    assert amounts(page["data"]) == [7, 6, 5, 4, 3, 2, 1]
    assert (page["hasMore"], page["nextCursor"]) == (False, None)


def test_ledger_entries_come_newest_first_and_chain(busy: Person) -> None:
    page = ask(busy, "/wallets/transactions")

    assert amounts(page["data"]) == [-7, -6, -5, -4, -3, -2, -1, 1000]
    assert [entry["sequence"] for entry in page["data"]] == list(range(8, 0, -1))
    for entry, before in pairwise(page["data"]):
        assert entry["balanceAfterCents"] == before["balanceAfterCents"] + entry["amountCents"]


@BOOKED
def test_a_ledger_entry_tells_what_it_is_and_of_which_withdrawal(busy: Person) -> None:
    newest, *_, oldest = ask(busy, "/wallets/transactions")["data"]

    assert newest == {
        "id": ask(busy, "/withdrawals")["data"][0]["id"],
        "sequence": 8,
        "type": "withdrawal",
        "amountCents": -700,
        "balanceAfterCents": 97_200,
        "withdrawalId": newest["id"],
        "destination": "bank-1",
        "idempotencyKey": "k7",
        "createdAt": at(3),
    }
    assert (oldest["type"], oldest["createdAt"]) == ("deposit", at(-1))
    assert "withdrawalId" not in oldest


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 8, 100])
def test_pages_add_up_to_the_list(busy: Person, path: str, limit: int) -> None:
    whole = ids(ask(busy, path)["data"])

    found = [ids(page) for page in pages(busy, path, limit=limit)]

    assert [item for page in found for item in page] == whole
    assert {len(page) for page in found[:-1]} <= {limit}
    assert 1 <= len(found[-1]) <= limit


@pytest.mark.parametrize("path", LISTS)
def test_a_page_stays_where_it_was_while_new_items_come(busy: Person, path: str) -> None:
    whole = ids(ask(busy, path)["data"])
    first = ask(busy, path, limit=3)
    busy.withdraws(50)
    copy_outbox(busy.id)

    second = ask(busy, path, cursor=first["nextCursor"])

    assert ids(first["data"]) + ids(second["data"]) == whole


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


@pytest.mark.parametrize("path", DATED_LISTS)
def test_a_cursor_carries_its_filters(busy: Person, path: str) -> None:
    found = list(pages(busy, path, limit=1, **{"from": at(1), "to": at(3)}))

    assert [abs(amount) for page in found for amount in amounts(page)] == [5, 4, 3, 2]


def test_a_cursors_filters_may_be_repeated_and_not_changed(busy: Person) -> None:
    cursor = ask(busy, "/withdrawals", status="success", limit=2)["nextCursor"]

    repeated = busy.get(f"/withdrawals?cursor={cursor}&status=success")
    changed = busy.get(f"/withdrawals?cursor={cursor}&status=failed")

    assert repeated.status_code == 200
    assert changed.status_code == 400
    assert changed.get_json()["errors"][0]["pointer"] == "status"


SAME_PERIOD = {
    "as the cursor writes it": ("2026-02-24T12:01:00.000Z", "2026-02-24T12:04:00.000Z"),
    "without a fraction": ("2026-02-24T12:01:00Z", "2026-02-24T12:04:00Z"),
    "in lower case": ("2026-02-24t12:01:00z", "2026-02-24t12:04:00z"),
    "with an offset": ("2026-02-24T17:31:00+05:30", "2026-02-24T07:04:00-05:00"),
    "more finely": ("2026-02-24T12:01:00.0004Z", "2026-02-24T12:04:00.000999Z"),
}


@pytest.mark.parametrize("again", SAME_PERIOD.values(), ids=SAME_PERIOD)
@pytest.mark.parametrize("first", SAME_PERIOD.values(), ids=SAME_PERIOD)
@pytest.mark.parametrize("path", DATED_LISTS)
def test_the_filters_of_a_cursor_may_be_repeated_however_they_are_written(
    busy: Person, path: str, first: tuple[str, str], again: tuple[str, str]
) -> None:
    period, same_period = ({"from": since, "to": to} for since, to in (first, again))
    page = ask(busy, path, limit=2, **period)

    repeated = ask(busy, path, limit=2, cursor=page["nextCursor"], **same_period)
    alone = ask(busy, path, limit=2, cursor=page["nextCursor"])

    assert repeated == alone
    assert len(repeated["data"]) == 2


def test_a_day_is_its_first_instant_beside_a_cursor_too(busy: Person) -> None:
    cursor = ask(busy, "/withdrawals", limit=2, **{"from": "2026-02-24"})["nextCursor"]

    by_day = busy.get(f"/withdrawals?cursor={cursor}&from=2026-02-24")
    by_instant = busy.get(f"/withdrawals?cursor={cursor}&from=2026-02-24T00:00:00Z")

    assert (by_day.status_code, by_instant.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"status": "failed"}, ["status"]),
        ({"from": "2026-02-24T12:01:00.001Z"}, ["from"]),
        ({"to": "2026-03-01"}, ["to"]),
        ({"idempotencyKey": "k1", "to": "2026-02-24T12:05:00Z"}, ["idempotencyKey", "to"]),
        ({"from": "yesterday"}, ["from"]),
        ({"user": "bob"}, ["user"]),
    ],
)
def test_what_differs_from_the_cursor_is_named(
    busy: Person, changed: dict[str, str], named: list[str]
) -> None:
    filters = {"status": "success", "from": at(1), "to": at(4)}
    cursor = ask(busy, "/withdrawals", limit=2, **filters)["nextCursor"]

    answer = busy.get(f"/withdrawals?{urlencode({'cursor': cursor} | filters | changed)}")

    assert answer.status_code == 400
    assert sorted(each["pointer"] for each in answer.get_json()["errors"]) == named


@pytest.mark.parametrize("key", ["", "clé", "k\u200b", "\ufeffk", "k" * 256, " k", "k\t", "k\n"])
def test_a_key_that_nobody_can_have_sent_is_no_filter(busy: Person, key: str) -> None:
    answer = busy.get(f"/withdrawals?{urlencode({'idempotencyKey': key})}")

    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.get_json()["errors"]] == ["idempotencyKey"]


def test_a_key_is_found_as_it_is_shown(busy: Person) -> None:
    busy.withdraws(1, '"order 7, part 2"')

    (found,) = ask(busy, "/withdrawals", idempotencyKey="order 7, part 2")["data"]

    assert found["idempotencyKey"] == "order 7, part 2"


def test_lists_hold_what_is_ones_own_alone(busy: Person, bob: Person) -> None:
    cursor = ask(busy, "/withdrawals", limit=2)["nextCursor"]

    for path in (*LISTS, f"/withdrawals?cursor={cursor}"):
        assert bob.get(path).get_json()["data"] == []


@pytest.mark.parametrize("path", LISTS)
def test_twenty_are_on_a_page_unless_asked_otherwise(alice: Person, path: str) -> None:
    alice.deposits(100)
    for _ in range(21):
        alice.withdraws(1)

    page = ask(alice, path)

    assert (len(page["data"]), page["hasMore"]) == (20, True)


def test_an_empty_list_is_a_page_too(alice: Person) -> None:
    for path in LISTS:
        assert ask(alice, path) == {"data": [], "hasMore": False, "nextCursor": None}
