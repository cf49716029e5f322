"""The audit finds every damage, and names it."""

import pytest

from tests.money.audit_books import Books, audited, kept_books, swap_entries, wallets
from tests.money.audit_damages import DAMAGES
from wallet_api.movements.relay.copy import copy_outbox

pytestmark = pytest.mark.usefixtures("app")

books = pytest.fixture(kept_books)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_is_found_and_named(books: Books, name: str) -> None:
    damage, kind, members = DAMAGES[name]
    damage(books)

    found = audited()

    assert found.exit_code == 1
    assert kind in found.kinds()
    difference = found.named(kind)
    assert difference.items() >= members.items()
    owner = "nobody" if kind == "stray" else str(books.user)
    assert difference["wallet"] == owner


def test_swapped_entries_do_not_follow_one_another(books: Books) -> None:
    swap_entries(books, 1, 2)

    found = audited()

    assert found.exit_code == 1
    broken = {each["sequence"] for each in found.differences if each["kind"] == "balance_after"}
    assert broken == {1, 2, 3}


def test_a_wallet_that_is_gone_shows_as_missing_money(books: Books) -> None:
    copy_outbox(books.user)
    wallets().delete_one({"user": books.user})

    found = audited()

    assert found.exit_code == 1
    amounts = [each["amountCents"] for each in found.differences]
    assert amounts == [-107_00, 40_00 + 30_00 + 999_00]
    assert found.summary["totals"]["INR"]["differenceCents"] == -107_00
