"""What can be done to the books, and the difference that the audit must then name."""

from collections.abc import Callable
from typing import Any

from bson import ObjectId

from tests.money.audit_books import (
    Books,
    book_next,
    entries,
    insert_entry,
    record_without_debit,
    remove_entry,
    set_members,
    set_wallet,
    wallets,
    withdrawals,
)

Damage = Callable[[Books], object]


def _refund_again(books: Books) -> None:
    refund = books.entry(5) | {"_id": ObjectId()}
    refund.pop("idempotencyKey")
    book_next(books, refund)


def _debit_without_record(books: Books) -> None:
    id_ = ObjectId()
    book_next(books, books.entry(3) | {"_id": id_, "withdrawal": id_})


def _refund_what_succeeded(books: Books) -> None:
    refund = {"_id": ObjectId(), "amountCents": 40_00, "withdrawal": books.paid}
    book_next(books, books.entry(5) | refund | {"idempotencyKey": "refund:forged"})


def _refund_what_succeeded_twice(books: Books) -> None:
    _refund_what_succeeded(books)
    refund = {"_id": ObjectId(), "amountCents": 40_00, "withdrawal": books.paid}
    book_next(books, books.entry(5) | refund | {"idempotencyKey": "refund:forged too"})


def _refund_too_much(books: Books) -> None:
    refund = {"_id": ObjectId(), "amountCents": 41_00, "withdrawal": books.paid}
    book_next(books, books.entry(5) | refund | {"idempotencyKey": "refund:forged"})
    set_members(withdrawals, books.paid, status="failed", failureReason="returned")


def _fail_without_refund(books: Books) -> None:
    set_members(withdrawals, books.paid, status="failed", failureReason="returned")


def _use_key_twice(books: Books) -> None:
    copied = {"user": books.user, "sequence": 2}
    entries().update_one(copied, {"$set": {"idempotencyKey": "deposit:tip"}})


def _use_key_twice_without_an_index(books: Books) -> None:
    withdrawals().drop_index([("user", 1), ("idempotencyKey", 1)])
    set_members(withdrawals, books.returned, idempotencyKey="rent")


def _negative(books: Books) -> None:
    set_wallet(books, balanceCents=-1_00)


DAMAGES: dict[str, tuple[Damage, str, dict[str, Any]]] = {
    "balance changed by hand": (
        lambda books: set_wallet(books, balanceCents=207_00),
        "balance",
        {"amountCents": 100_00},
    ),
    "balance below zero": (_negative, "negative_balance", {"amountCents": -1_00}),
    "entry removed": (
        lambda books: remove_entry(books, 2),
        "entry_missing",
        {"sequence": 2, "amountCents": 50_00},
    ),
    "two entries removed": (
        lambda books: (remove_entry(books, 1), remove_entry(books, 2)),
        "entry_missing",
        {"sequence": 1, "amountCents": 150_00},
    ),
    "last entry removed": (
        lambda books: remove_entry(books, 6),
        "entry_missing",
        {"sequence": 6, "amountCents": -10_00},
    ),
    "last entry removed, and the wallet changed to agree": (
        lambda books: (
            remove_entry(books, 6),
            set_wallet(books, balanceCents=117_00, sequence=6),
        ),
        "chain_sequence",
        {"sequence": 6},
    ),
    "amount of an entry changed": (
        lambda books: set_members(entries, books.entry(2)["_id"], amountCents=51_00),
        "balance_after",
        {"sequence": 2, "amountCents": -1_00},
    ),
    "balance after an entry changed": (
        lambda books: set_members(entries, books.entry(6)["_id"], balanceAfterCents=101_00),
        "balance_after",
        {"sequence": 6, "amountCents": 1_00},
    ),
    "entry after the last inserted": (
        lambda books: insert_entry(books, 8),
        "entry_beyond_wallet",
        {"sequence": 8, "amountCents": 50_00},
    ),
    "entry in the place of one that waits": (
        lambda books: insert_entry(books, 7),
        "not_the_movement",
        {"sequence": 7, "amountCents": 43_00},
    ),
    "entry before the first inserted": (
        lambda books: insert_entry(books, 0),
        "sequence",
        {"sequence": 0, "amountCents": 50_00},
    ),
    "withdrawal record removed": (
        lambda books: withdrawals().delete_one({"_id": books.paid}),
        "withdrawal_missing",
        {"sequence": 3, "amountCents": -40_00},
    ),
    "withdrawal record inserted": (
        lambda books: record_without_debit(books, "success"),
        "debit_missing",
        {"amountCents": 30_00},
    ),
    "failed withdrawal record inserted": (
        lambda books: record_without_debit(books, "failed"),
        "debit_missing",
        {"amountCents": 30_00},
    ),
    "debit without a record": (
        _debit_without_record,
        "withdrawal_missing",
        {"sequence": 8, "amountCents": -40_00},
    ),
    "amount of a withdrawal changed": (
        lambda books: set_members(withdrawals, books.paid, amountCents=41_00),
        "amount",
        {"sequence": 3, "amountCents": 1_00},
    ),
    "debited, and called refused": (
        lambda books: set_members(
            withdrawals, books.paid, status="failed", failureReason="insufficient_funds"
        ),
        "withdrawal_missing",
        {"sequence": 3, "amountCents": -40_00},
    ),
    "refused, and called paid": (
        lambda books: set_members(withdrawals, books.refused, status="success"),
        "debit_missing",
        {"amountCents": 999_00},
    ),
    "failed and not refunded": (_fail_without_refund, "refund_missing", {"amountCents": 40_00}),
    "refunded twice": (_refund_again, "refunded_twice", {"sequence": 8, "amountCents": 30_00}),
    "refunded though it succeeded": (
        _refund_what_succeeded,
        "refund_unfounded",
        {"sequence": 8, "amountCents": 40_00},
    ),
    "refunded twice though it succeeded": (
        _refund_what_succeeded_twice,
        "refunded_twice",
        {"sequence": 9, "amountCents": 40_00},
    ),
    "refunded too much": (_refund_too_much, "amount", {"sequence": 8, "amountCents": 1_00}),
    "refunded, and called a success": (
        lambda books: set_members(withdrawals, books.returned, status="success"),
        "refund_unfounded",
        {"sequence": 5, "amountCents": 30_00},
    ),
    "outbox emptied by hand": (
        lambda books: set_wallet(books, outbox=[]),
        "entry_missing",
        {"sequence": 7, "amountCents": 7_00},
    ),
    "amount in the outbox changed": (
        lambda books: wallets().update_one(
            {"user": books.user, "outbox.id": books.waiting},
            {"$set": {"outbox.$.amountCents": 8_00}},
        ),
        "balance",
        {"amountCents": -1_00},
    ),
    "key used by a record and by the outbox": (_use_key_twice, "key_twice", {}),
    "key used by two records": (
        _use_key_twice_without_an_index,
        "key_twice",
        {"amountCents": 30_00},
    ),
    "currency of an entry changed": (
        lambda books: set_members(entries, books.entry(1)["_id"], currency="USD"),
        "currency",
        {"sequence": 1, "amountCents": 100_00},
    ),
    "currency of a withdrawal changed": (
        lambda books: set_members(withdrawals, books.paid, currency="USD"),
        "currency",
        {"amountCents": 40_00},
    ),
    "debit of another withdrawal": (
        lambda books: set_members(entries, books.entry(3)["_id"], withdrawal=books.returned),
        "withdrawal_mismatch",
        {"sequence": 3, "amountCents": -40_00},
    ),
    "ledger below zero": (
        lambda books: set_members(entries, books.entry(4)["_id"], balanceAfterCents=-1),
        "negative",
        {"sequence": 4, "amountCents": -1},
    ),
    "sign of a kind turned": (
        lambda books: set_members(entries, books.entry(1)["_id"], type="withdrawal"),
        "wrong_sign",
        {"sequence": 1, "amountCents": 100_00},
    ),
    "amount turned into text": (
        lambda books: set_members(entries, books.entry(1)["_id"], amountCents="10000"),
        "malformed",
        {},
    ),
    "wallet without its chain": (
        lambda books: wallets().update_one({"user": books.user}, {"$unset": {"chain": 1}}),
        "malformed",
        {},
    ),
    "entry of nobody": (
        lambda books: set_members(entries, books.entry(2)["_id"], user="nobody"),
        "stray",
        {"amountCents": 50_00},
    ),
    "last hash changed": (
        lambda books: set_members(entries, books.entry(6)["_id"], hash=bytes(32)),
        "chain_head",
        {"sequence": 6},
    ),
}
