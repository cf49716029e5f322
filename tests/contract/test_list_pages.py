"""Pages add up to their list, nothing twice; a cursor leads on through the same list."""

from urllib.parse import urlencode

import pytest

from tests.support.lists import LISTS, amounts, ask, at, ids, pages
from tests.support.people import Person
from tests.support.time import DATED_LISTS
from wallet_api.movements.relay.copy import copy_outbox


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


@pytest.mark.parametrize("path", LISTS)
def test_twenty_are_on_a_page_unless_asked_otherwise(alice: Person, path: str) -> None:
    alice.deposits(100)
    for _ in range(21):
        alice.withdraws(1)

    page = ask(alice, path)

    assert (len(page["data"]), page["hasMore"]) == (20, True)


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
