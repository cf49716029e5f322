"""Forged records: of withdrawals, reversals and refusals."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from bson import ObjectId

from tests.money.audit_books import (
    Books,
    set_members,
    set_wallet,
    withdrawals,
)
from tests.money.forging import ATTACKERS, LATER, OLD, Forgery, paid_as_older_code, record_of
from wallet_api import clock
from wallet_api.audit import past
from wallet_api.movements.relay import hash_chain


def _paid(**members: Any) -> Callable[[Books], None]:
    return lambda books: set_members(withdrawals, books.paid, **members)


def _refused(**members: Any) -> Callable[[Books], None]:
    return lambda books: set_members(withdrawals, books.refused, **members)


def _paid_at_another_time(books: Books) -> None:
    at = record_of(books, books.paid)["createdAt"] + LATER
    set_members(withdrawals, books.paid, createdAt=at, history=[{"status": "success", "at": at}])


def _with_a_history_of_another_time(books: Books) -> None:
    at = record_of(books, books.paid)["createdAt"] + LATER
    set_members(withdrawals, books.paid, history=[{"status": "success", "at": at}])


def _processing_all_along(books: Books) -> None:
    at = record_of(books, books.paid)["createdAt"]
    history = [{"status": "processing", "at": at}]
    set_members(withdrawals, books.paid, status="processing", history=history)


def _delete_refusal_and_count_it_out(books: Books) -> None:
    withdrawals().delete_one({"_id": books.refused})
    set_wallet(books, **{"chain.refusals": 0, "chain.refusalsSum": hash_chain.NO_REFUSALS})


def _invent_refusal(books: Books) -> None:
    record = record_of(books, books.refused) | {"_id": ObjectId(), "refusal": 2}
    withdrawals().insert_one(record | {"idempotencyKey": "invented"})


def _refuse_as_older_code(books: Books) -> None:
    at = record_of(books, books.refused)["createdAt"]
    record = record_of(books, books.refused) | {
        "_id": ObjectId(),
        "destination": OLD,
        "createdAt": at,
    }
    for name in ("refusal", "digestVersion", "bookedAt", "idempotencyKey"):
        del record[name]
    withdrawals().insert_one(record)


def _reversed_at_another_time(books: Books) -> None:
    at = record_of(books, books.returned)["reversedAt"] + LATER
    set_members(withdrawals, books.returned, reversedAt=at, **{"history.1.at": at})


def _pay_as_older_code(books: Books) -> None:
    withdrawals().update_one({"user": paid_as_older_code()}, {"$set": {"destination": OLD}})


def _move_in(books: Books) -> None:
    at = clock.now()
    record = {
        "user": books.user,
        "amountCents": 5_00,
        "currency": "INR",
        "destination": OLD,
        "status": "success",
        "balanceAfterCents": 0,
        "history": [{"status": "success", "at": at}],
        "createdAt": at,
        "movedInAt": at,
    }
    withdrawals().insert_one(record)


def _change_old_record(books: Books) -> None:
    changed = withdrawals().update_one({"destination": OLD}, {"$set": {"destination": ATTACKERS}})
    assert changed.modified_count == 1


def _delete_old_record(books: Books) -> None:
    assert withdrawals().delete_one({"destination": OLD}).deleted_count == 1


def _refuse_many_as_older_code(books: Books) -> None:
    _refuse_as_older_code(books)
    (record,) = withdrawals().find({"destination": OLD})
    many = [record | {"_id": ObjectId(), "destination": f"{OLD} {n}"} for n in range(300)]
    withdrawals().insert_many(many)


def _change_many_to_the_same_sum(books: Books) -> None:
    """Of 300 records that may be changed or not, some change the sum of all digests by nothing."""
    records = list(withdrawals().find({"destination": {"$regex": f"^{OLD} "}}))
    forged = [record | {"destination": ATTACKERS} for record in records]
    by_top_bit: dict[int, tuple[int, int]] = {}
    for n, (record, other) in enumerate(zip(records, forged, strict=True)):
        change, chosen = _digest(record) ^ _digest(other), 1 << n
        while change and (earlier := by_top_bit.get(change.bit_length())):
            change, chosen = change ^ earlier[0], chosen ^ earlier[1]
        if change:
            by_top_bit[change.bit_length()] = change, chosen
            continue
        for other in [each for m, each in enumerate(forged) if chosen >> m & 1]:
            withdrawals().replace_one({"_id": other["_id"]}, other)
        return
    raise AssertionError("300 digests of 256 bits depend on each other")


def _digest(record: dict[str, Any]) -> int:
    content = repr([str(record.get(name)) for name in past.UNSIGNED]).encode()
    return int.from_bytes(sha256(content).digest())


RECORDS: dict[str, Forgery] = {
    "a withdrawal's destination changed": Forgery(_paid(destination=ATTACKERS), "record_differs"),
    "a withdrawal's key changed": Forgery(_paid(idempotencyKey="rent-2"), "record_differs"),
    "a withdrawal's back end changed": Forgery(_paid(backendKey="shop"), "record_differs"),
    "a withdrawal's time changed": Forgery(_paid_at_another_time, "record_differs"),
    "a withdrawal's balance after it changed": Forgery(
        _paid(balanceAfterCents=1), "record_differs"
    ),
    "a withdrawal's status changed": Forgery(_paid(status="processing"), "status"),
    "a withdrawal's history changed": Forgery(_with_a_history_of_another_time, "status"),
    "a withdrawal's status changed, and its history alike": Forgery(
        _processing_all_along, "status"
    ),
    "a reversal's reason changed": Forgery(
        lambda books: set_members(withdrawals, books.returned, failureReason="gift"),
        "record_differs",
    ),
    "a reversal's time changed": Forgery(_reversed_at_another_time, "record_differs"),
    "a withdrawal deleted": Forgery(
        lambda books: withdrawals().delete_one({"_id": books.paid}), "withdrawal_missing"
    ),
    "a refusal deleted": Forgery(
        lambda books: withdrawals().delete_one({"_id": books.refused}), "refusal_missing"
    ),
    "a refusal deleted, and the wallet's count of them changed": Forgery(
        _delete_refusal_and_count_it_out, "seal"
    ),
    "a refusal's destination changed": Forgery(_refused(destination=ATTACKERS), "refusal_changed"),
    "a refusal's amount changed": Forgery(_refused(amountCents=998_00), "refusal_changed"),
    "a refusal invented": Forgery(_invent_refusal, "refusal_beyond_wallet"),
    "a refusal invented, as older code recorded them, and backdated": Forgery(
        _refuse_as_older_code, "past_changed", by_anchor=True
    ),
    "a refusal of older code deleted": Forgery(
        _delete_old_record, "past_changed", by_anchor=True, given=_refuse_as_older_code
    ),
    "records of older code changed, so that their digests have the same sum": Forgery(
        _change_many_to_the_same_sum,
        "past_changed",
        by_anchor=True,
        given=_refuse_many_as_older_code,
    ),
    "a withdrawal of older code changed": Forgery(
        _change_old_record, "past_changed", by_anchor=True, given=_pay_as_older_code
    ),
    "a withdrawal invented, as moved in just now": Forgery(_move_in, None),
    "a withdrawal that was moved in changed": Forgery(
        _change_old_record, "past_changed", by_anchor=True, given=_move_in
    ),
    "a withdrawal that was moved in deleted": Forgery(
        _delete_old_record, "past_changed", by_anchor=True, given=_move_in
    ),
}
