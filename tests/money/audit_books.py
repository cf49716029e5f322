"""Books for the audit to read: how they are kept, and how they are tampered with."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from bson import ObjectId
from click.testing import CliRunner

from wallet_api import errors
from wallet_api.audit.cli import audit_command
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import post
from wallet_api.movements.orders import Order
from wallet_api.movements.relay import hash_chain, wallet_seal
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.wallets import open_wallet

wallets = Wallet._get_collection
entries = LedgerEntry._get_collection
withdrawals = Withdrawal._get_collection
users = User._get_collection


@dataclass(frozen=True)
class Audited:
    exit_code: int
    differences: list[dict[str, Any]]
    summary: dict[str, Any]

    def kinds(self) -> set[str]:
        return {difference["kind"] for difference in self.differences}

    def named(self, kind: str) -> dict[str, Any]:
        (difference,) = [each for each in self.differences if each["kind"] == kind]
        return difference


def audited(*options: str) -> Audited:
    result = CliRunner().invoke(audit_command, ["--json", *options])
    summary = json.loads(result.stdout)
    return Audited(result.exit_code, summary.pop("differences"), summary)


@dataclass(frozen=True)
class Books:
    """A wallet with a history: entries 1 to 6 copied, then a deposit that is not."""

    user: ObjectId
    paid: ObjectId
    """Entry 3, a withdrawal of 40.00 that succeeded."""
    returned: ObjectId
    """Entry 4, a withdrawal of 30.00 that entry 5 refunds."""
    refused: ObjectId
    waiting: ObjectId
    """A deposit of 7.00 in the outbox."""

    def entry(self, sequence: int) -> dict[str, Any]:
        found = entries().find_one({"user": self.user, "sequence": sequence})
        assert found is not None
        return found


def deposited(user: ObjectId, cents: int, key: str | None = None) -> ObjectId:
    return post(Order(user, MovementKind.DEPOSIT, cents, "INR", key)).id


def withdrawn(user: ObjectId, cents: int, key: str | None = None) -> ObjectId:
    return post(Order(user, MovementKind.WITHDRAWAL, -cents, "INR", key, "bank:1")).id


def refunded(user: ObjectId, cents: int, withdrawal: ObjectId) -> ObjectId:
    order = Order(
        user, MovementKind.REFUND, cents, "INR", str(withdrawal), None, withdrawal, "returned"
    )
    return post(order).id


def opened(user: ObjectId | None = None, currency: str = "INR") -> ObjectId:
    """A wallet, and the user whom it belongs to."""
    user = user or ObjectId()
    users().insert_one({"_id": user, "email": str(user), "currency": currency, "isActive": True})
    open_wallet(user, currency)
    return user


def kept_books() -> Books:
    """Where the database is empty."""
    user = opened()
    deposited(user, 100_00, "salary")
    deposited(user, 50_00)
    paid = withdrawn(user, 40_00, "rent")
    returned = withdrawn(user, 30_00)
    copy_outbox(user)
    refunded(user, 30_00, returned)
    post(Order(user, MovementKind.ADJUSTMENT, -10_00, "INR", reason="fee"))
    with pytest.raises(errors.InsufficientFunds):
        withdrawn(user, 999_00, "yacht")
    copy_outbox(user)
    refused = withdrawals().find_one({"user": user, "idempotencyKey": "yacht"})
    assert refused is not None
    return Books(user, paid, returned, refused["_id"], deposited(user, 7_00, "tip"))


def set_members(collection: Callable[[], Any], id_: Any, **members: Any) -> None:
    assert collection().update_one({"_id": id_}, {"$set": members}).modified_count == 1


def set_wallet(books: Books, **members: Any) -> None:
    assert wallets().update_one({"user": books.user}, {"$set": members}).modified_count == 1


def remove_entry(books: Books, sequence: int) -> None:
    entries().delete_one({"_id": books.entry(sequence)["_id"]})


def insert_entry(books: Books, sequence: int) -> None:
    like = books.entry(2)
    entries().insert_one(like | {"_id": ObjectId(), "sequence": sequence})


def swap_entries(books: Books, one: int, other: int) -> None:
    first, second = books.entry(one), books.entry(other)
    set_members(entries, first["_id"], sequence=1_000)
    set_members(entries, second["_id"], sequence=one)
    set_members(entries, first["_id"], sequence=other)


def book_next(books: Books, entry: dict[str, Any]) -> None:
    """Book it as the next movement, with a wallet and a chain that agree: a perfect forgery."""
    copy_outbox(books.user)
    wallet = wallets().find_one({"user": books.user})
    assert wallet is not None
    balance = wallet["balanceCents"] + entry["amountCents"]
    entry = entry | {"sequence": wallet["sequence"] + 1, "balanceAfterCents": balance}
    entry = hash_chain.linked(entry, wallet["chain"])
    entries().insert_one(entry)
    end = hash_chain.end_with(entry, wallet["chain"])
    set_wallet(books, balanceCents=balance, sequence=entry["sequence"], chain=end, outbox=[])
    seal(books)


def seal(books: Books) -> None:
    """As the relay does it, with the secret."""
    wallet = wallets().find_one({"user": books.user})
    assert wallet is not None
    set_wallet(books, seal=wallet_seal.seal_of(wallet))


def record_without_debit(books: Books, status: str) -> None:
    record = withdrawals().find_one({"_id": books.returned})
    assert record is not None
    record |= {"_id": ObjectId(), "status": status}
    if status == "success":
        record["history"] = record["history"][:1]
        del record["failureReason"], record["reversedAt"]
    withdrawals().insert_one(record)
