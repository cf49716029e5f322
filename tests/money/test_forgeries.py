"""The audit sees every forgery, but for those that docs/money.md calls not found."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from bson import ObjectId

from tests.money.audit_books import Books, audited, kept_books, opened, users, wallets
from tests.money.forgeries import FORGERIES
from wallet_api import clock
from wallet_api.audit import past
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.users import service

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.slow]

TABLE = Path(__file__).parents[2] / "docs" / "money.md"
NOT_FOUND = "not found"

books = pytest.fixture(kept_books)


@pytest.fixture
def anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for anchors of this very moment."""
    monkeypatch.setattr(past, "AGE", timedelta(0))
    return tmp_path / "anchors"


def rows_of(text: str) -> dict[str, str]:
    """The forgeries of the table, each with what finds it."""
    section = text.partition("## What a forger can do\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| (?:`(\w+)`|not found)[^|]*\|", section, re.MULTILINE)
    return {forgery: kind or NOT_FOUND for forgery, kind in rows}


FOUND = [name for name, each in FORGERIES.items() if each.kind and not each.by_anchor]


@pytest.mark.parametrize("name", FOUND)
def test_a_forgery_is_found(books: Books, name: str) -> None:
    FORGERIES[name].forge(books)

    found = audited("--verify-chain")

    assert found.exit_code == 1
    assert FORGERIES[name].kind in found.kinds()


@pytest.mark.parametrize("name", [name for name, each in FORGERIES.items() if not each.kind])
def test_what_is_called_not_found_is_not_found(books: Books, name: str) -> None:
    """If it is one day, the table is to say so."""
    FORGERIES[name].forge(books)

    assert audited("--verify-chain").differences == []


@pytest.mark.parametrize("name", [name for name, each in FORGERIES.items() if each.by_anchor])
def test_what_an_anchor_shows_nothing_else_shows(books: Books, name: str, anchors: Path) -> None:
    opened()
    FORGERIES[name].given(books)
    copy_outbox(books.user)
    assert audited("--anchor", str(anchors)).exit_code == 0
    FORGERIES[name].forge(books)

    without, found = audited("--verify-chain"), audited("--since", str(anchors))

    assert without.differences == []
    assert (found.exit_code, found.kinds()) == (1, {"past_changed"})


def test_the_table_of_forgeries_is_what_is_tested() -> None:
    tested = {name: each.kind or NOT_FOUND for name, each in FORGERIES.items()}

    assert rows_of(TABLE.read_text()) == tested


def test_a_row_without_a_test_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    row = "| a cent painted green | `green` | |\n"
    text = TABLE.read_text().replace("| forgery | found as |", f"{row}| forgery | found as |")

    assert rows_of(text).keys() - FORGERIES.keys() == {"a cent painted green"}


def test_a_registration_of_this_minute_is_no_forgery(books: Books) -> None:
    users().insert_one({"_id": ObjectId(), "email": "new@example.com"})

    found = audited()

    assert (found.differences, found.summary["usersWithoutWallet"]) == ([], 1)


def test_a_user_who_was_moved_in_without_a_wallet_is_no_forgery(books: Books) -> None:
    old = ObjectId.from_datetime(clock.now().replace(year=2020))
    users().insert_one({"_id": old, "email": "new@example.com", "movedInAt": clock.now()})

    found = audited()

    assert (found.differences, found.summary["usersWithoutWallet"]) == ([], 1)


def test_what_the_operator_decides_is_no_forgery(books: Books) -> None:
    users().update_one({"_id": books.user}, {"$set": {"email": "ada@example.com"}})
    for active in False, True, False:
        service.set_active("ada@example.com", active)

        assert audited().differences == []


def test_a_decision_that_died_halfway_is_named(books: Books) -> None:
    user = opened()
    wallets().update_one({"user": user}, {"$set": {"active": False, "activeChanges": 1}})

    assert audited().named("activity")["wallet"] == str(user)
