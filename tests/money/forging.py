"""What a forgery is, and what a forger sees: the whole database, and no secret."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bson import ObjectId

from tests.money.audit_books import (
    Books,
    deposited,
    entries,
    opened,
    wallets,
    withdrawals,
    withdrawn,
)
from wallet_api import clock
from wallet_api.movements.relay.copy import copy_outbox

ATTACKERS = "attackers-account"
OLD = "an account of older days"
LATER = timedelta(seconds=1)


@dataclass(frozen=True)
class Forgery:
    forge: Callable[[Books], object]
    kind: str | None
    """Of the difference that must be among those that the audit names; None: it is not found."""
    by_anchor: bool = False
    """Whether an anchor that was written before shows it, and nothing else does."""
    given: Callable[[Books], object] = bool
    """What was there before the anchor."""


def record_of(books: Books, id_: ObjectId) -> dict[str, Any]:
    found = withdrawals().find_one({"_id": id_})
    assert found is not None
    return found


def wallet_of(books: Books) -> dict[str, Any]:
    found = wallets().find_one({"user": books.user})
    assert found is not None
    return found


def paid_as_older_code() -> ObjectId:
    """The user of a wallet whose two entries, a deposit and a withdrawal, are not signed."""
    user = opened()
    deposited(user, 5_00)
    withdrawn(user, 1_00)
    wallets().update_one({"user": user}, {"$set": {"outbox.$[].bookedAt": clock.now()}})
    copy_outbox(user)
    assert entries().count_documents({"user": user, "digestVersion": None}) == 2
    return user
