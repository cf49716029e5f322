"""What a forger can do to the books, and by which check the audit finds it: the rows of a table.

docs/money.md has the same rows, for people.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bson import ObjectId

from tests.money.audit_books import (
    Books,
    set_members,
    set_wallet,
    users,
    wallets,
)
from wallet_api import clock
from wallet_api.movements.relay.copy import copy_outbox


@dataclass(frozen=True)
class Forgery:
    forge: Callable[[Books], object]
    kind: str | None
    """Of the difference that must be among those that the audit names; None: it is not found."""


def _empty_filter(books: Books) -> None:
    copy_outbox(books.user)
    set_wallet(books, seenKeys=[], seenCount=0)


def _zero_filter(books: Books) -> None:
    copy_outbox(books.user)
    set_wallet(books, seenKeys=[bytes(256)])


def _damage_filter(books: Books) -> None:
    copy_outbox(books.user)
    set_wallet(books, seenKeys="none")


def _count_a_sealed_filter(books: Books) -> None:
    copy_outbox(books.user)
    set_wallet(books, sealedFilters=1)


def _add_lone_user(books: Books) -> None:
    an_hour_ago = ObjectId.from_datetime(clock.now() - timedelta(hours=1))
    users().insert_one({"_id": an_hour_ago, "email": "gone@example.com"})


def _deactivate_both(books: Books) -> None:
    set_wallet(books, active=False, activeChanges=1)
    set_members(users, books.user, isActive=False, activeChanges=1)


FORGERIES: dict[str, Forgery] = {
    "the filter of used keys emptied, its count too": Forgery(_empty_filter, "key_unknown"),
    "the filter of used keys filled with zeros": Forgery(_zero_filter, "key_unknown"),
    "the filter of used keys replaced by a text": Forgery(_damage_filter, "malformed"),
    "a sealed filter deleted": Forgery(_count_a_sealed_filter, "filter_missing"),
    "a wallet, its ledger and its records deleted": Forgery(_add_lone_user, "wallet_missing"),
    "a user deleted": Forgery(
        lambda books: users().delete_one({"_id": books.user}), "user_missing"
    ),
    "a wallet deactivated by hand": Forgery(
        lambda books: set_wallet(books, active=False), "activity"
    ),
    "a wallet activated by hand": Forgery(
        lambda books: (
            _deactivate_both(books),
            wallets().update_one({"user": books.user}, {"$set": {"active": True}}),
        ),
        "activity",
    ),
    "a wallet and its user deactivated by hand, alike": Forgery(_deactivate_both, None),
}
