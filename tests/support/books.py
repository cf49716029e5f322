"""The invariants of the money, checked plainly on everything in the database."""

from collections import Counter
from typing import Any

from bson import ObjectId

from wallet_api import clock
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements.relay import hash_chain, worker
from wallet_api.movements.relay.copy import copy_outbox


def entries_of(user: ObjectId) -> list[dict[str, Any]]:
    return list(LedgerEntry._get_collection().find({"user": user}).sort("sequence", 1))


def withdrawals_of(user: ObjectId) -> list[dict[str, Any]]:
    return list(Withdrawal._get_collection().find({"user": user}).sort("_id", 1))


def balance_of(user: ObjectId) -> int:
    return Wallet._get_collection().find_one({"user": user})["balanceCents"]


def assert_books_balance(user: ObjectId) -> None:
    """After everything is copied: every cent, every number, every hash, every key."""
    copy_outbox(user)
    wallet = Wallet._get_collection().find_one({"user": user})
    entries, withdrawals = entries_of(user), withdrawals_of(user)

    assert wallet["outbox"] == []
    assert [entry["sequence"] for entry in entries] == list(range(1, wallet["sequence"] + 1))
    balance, head = 0, bytes(32)
    for entry in entries:
        balance += entry["amountCents"]
        assert entry["balanceAfterCents"] == balance >= 0
        assert bytes(entry["previousHash"]) == head
        head = bytes(entry["hash"])
        assert hash_chain.digest(entry) == head
    assert wallet["balanceCents"] == balance
    assert bytes(wallet["chain"]["head"]) == head

    debits = {entry["_id"]: -entry["amountCents"] for entry in entries if entry["amountCents"] < 0}
    refunds = Counter(e["withdrawal"] for e in entries if e["type"] == "refund")
    demanded = {w["_id"]: w["amountCents"] for w in withdrawals if _was_debited(w)}
    assert debits == demanded
    assert refunds == Counter(w["_id"] for w in withdrawals if _was_refunded(w))

    for withdrawal in withdrawals:
        passed = [change["status"] for change in withdrawal["history"]]
        assert len(set(passed)) == len(passed), "a change of status is told twice"
        assert passed[-1] == withdrawal["status"]

    for records in (entries, withdrawals):
        keys = Counter(r["idempotencyKey"] for r in records if "idempotencyKey" in r)
        assert all(times == 1 for times in keys.values()), keys


def _was_debited(withdrawal: dict[str, Any]) -> bool:
    return withdrawal["status"] != "failed" or "reversedAt" in withdrawal or "gateway" in withdrawal


def _was_refunded(withdrawal: dict[str, Any]) -> bool:
    if "gateway" in withdrawal:
        return withdrawal.get("refund") == "paid"
    return "reversedAt" in withdrawal


def sweep_everything() -> None:
    while worker.sweep(clock.now()).movements:
        pass
