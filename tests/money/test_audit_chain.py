"""Whoever rewrites history breaks the hash chain, and the audit sees it."""

from typing import Any

import pytest

from tests.money.audit_books import (
    Books,
    audited,
    entries,
    insert_entry,
    kept_books,
    remove_entry,
    set_members,
    swap_entries,
)
from tests.money.audit_damages import Damage
from wallet_api.movements.relay import hash_chain

pytestmark = pytest.mark.usefixtures("app")

books = pytest.fixture(kept_books)


def _rechained(books: Books, from_sequence: int) -> None:
    """What a clever forger does: every hash anew, as the service itself computes them."""
    link: dict[str, Any] = hash_chain.START
    for entry in list(entries().find({"user": books.user}).sort("sequence", 1)):
        entry = hash_chain.linked(entry, link)
        link = hash_chain.end_with(entry, link)
        if entry["sequence"] >= from_sequence:
            entries().replace_one({"_id": entry["_id"]}, entry)


FORGERIES: dict[str, tuple[Damage, str]] = {
    "reason changed": (
        lambda books: set_members(entries, books.entry(6)["_id"], reason="gift"),
        "entry_changed",
    ),
    "two entries that balance changed": (
        lambda books: (
            set_members(entries, books.entry(1)["_id"], amountCents=90_00, balanceAfterCents=90_00),
            set_members(entries, books.entry(2)["_id"], amountCents=60_00),
        ),
        "entry_changed",
    ),
    "hash of a changed entry recomputed": (
        lambda books: (
            set_members(entries, books.entry(1)["_id"], idempotencyKey="deposit:wages"),
            set_members(entries, books.entry(1)["_id"], hash=hash_chain.digest(books.entry(1))),
        ),
        "link_broken",
    ),
    "entries swapped": (lambda books: swap_entries(books, 1, 2), "link_broken"),
    "entry removed": (lambda books: remove_entry(books, 3), "link_broken"),
    "entry inserted": (lambda books: insert_entry(books, 0), "link_broken"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_breaks_the_chain(books: Books, name: str) -> None:
    forge, kind = FORGERIES[name]
    forge(books)

    found = audited("--verify-chain")

    assert found.exit_code == 1
    assert kind in found.kinds()


def test_a_chain_recomputed_to_its_end_is_not_the_one_that_the_wallet_keeps(books: Books) -> None:
    set_members(entries, books.entry(1)["_id"], amountCents=90_00, balanceAfterCents=90_00)
    set_members(entries, books.entry(2)["_id"], amountCents=60_00)
    _rechained(books, from_sequence=1)

    found = audited("--verify-chain")

    assert found.exit_code == 1
    assert found.kinds() == {"chain_head"}
