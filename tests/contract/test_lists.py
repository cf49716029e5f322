"""GET /withdrawals and GET /wallets/transactions: what is ones own, newest first."""

from itertools import pairwise

from tests.support.lists import LISTS, amounts, ask, at
from tests.support.people import Person
from tests.support.time import BOOKED


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


def test_lists_hold_what_is_ones_own_alone(busy: Person, bob: Person) -> None:
    cursor = ask(busy, "/withdrawals", limit=2)["nextCursor"]

    for path in (*LISTS, f"/withdrawals?cursor={cursor}"):
        assert bob.get(path).get_json()["data"] == []


def test_an_empty_list_is_a_page_too(alice: Person) -> None:
    for path in LISTS:
        assert ask(alice, path) == {"data": [], "hasMore": False, "nextCursor": None}
