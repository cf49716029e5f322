"""Committed movements become ledger entries and withdrawal records, however often it is tried."""

from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from mongoengine import Document
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, WriteError

from wallet_api import database
from wallet_api.documents.kinds import FailureReason, MovementKind, WithdrawalStatus
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements.relay import hash_chain
from wallet_api.movements.used_keys import bloom_filter

DUPLICATE_KEY = 11000


def copy_out(user: ObjectId, only_if: dict[str, Any] | None = None) -> int:
    """Copy what the user's outbox holds, and then drop it from there.

    `only_if`: a further condition on the wallet; nothing is done where it does not hold any more.

    Returns how many movements it copied. Four round trips at most (a durable read, two batched
    inserts, the cut), however many movements there are; one more for each refund, and one every few
    thousand keys to put a full filter away.

    Raises PyMongoError: the copies that were made stay, the next round makes the others.
    """
    wallet = _read_durably(user, only_if or {})
    if wallet is None or not wallet["outbox"]:
        return 0
    copies = _copies(wallet)
    _insert(LedgerEntry, copies.entries)
    _insert(Withdrawal, copies.withdrawals)
    for refund in copies.refunds:
        _record_reversal(refund)
    _insert(SealedKeyFilter, _full_volume(wallet))
    _cut(wallet, copies.chain)
    return len(wallet["outbox"])


def _read_durably(user: ObjectId, only_if: dict[str, Any]) -> dict[str, Any] | None:
    """The wallet, nothing of which a crash or a failover can take back any more.

    By a write: once it is acknowledged (journaled; on a majority), so is all that it returns. A
    mere read may see a movement that is lost a moment later, and its copy would then be of money
    that never moved.
    """
    return Wallet._get_collection().find_one_and_update(
        {"user": user, **only_if},
        {"$set": {"copying": ObjectId()}},
        return_document=ReturnDocument.AFTER,
    )


@dataclass(frozen=True, slots=True)
class Copies:
    entries: list[dict[str, Any]]
    withdrawals: list[dict[str, Any]]
    refunds: list[dict[str, Any]]
    chain: dict[str, Any]
    """Where the ledger ends with these entries."""


def _copies(wallet: dict[str, Any]) -> Copies:
    """The copies of the outbox's movements: the same from every copier.

    Sequence and balance after each follow by walking back from the wallet's own.
    """
    outbox = wallet["outbox"]
    balance = wallet["balanceCents"] - sum(movement["amountCents"] for movement in outbox)
    sequence = wallet["sequence"] - sum(
        movement["kind"] != MovementKind.REFUSED for movement in outbox
    )
    link = wallet["chain"]
    entries, withdrawals, refunds = [], [], []
    for movement in outbox:
        balance += movement["amountCents"]
        if movement["kind"] != MovementKind.REFUSED:
            sequence += 1
            entry = hash_chain.linked(_entry(wallet, movement, sequence, balance), link)
            link = hash_chain.end_with(entry)
            entries.append(entry)
        if movement["kind"] in (MovementKind.WITHDRAWAL, MovementKind.REFUSED):
            withdrawals.append(_withdrawal(wallet, movement, balance))
        if movement["kind"] == MovementKind.REFUND:
            refunds.append(movement)
    return Copies(entries, withdrawals, refunds, link)


def _entry(
    wallet: dict[str, Any], movement: dict[str, Any], sequence: int, balance: int
) -> dict[str, Any]:
    entry = {
        "_id": movement["id"],
        "user": wallet["user"],
        "sequence": sequence,
        "type": movement["kind"],
        "amountCents": movement["amountCents"],
        "currency": wallet["currency"],
        "balanceAfterCents": balance,
        "at": movement["at"],
    }
    if movement["kind"] == MovementKind.WITHDRAWAL:
        entry["withdrawal"] = movement["id"]
    else:
        entry |= _present(movement, "withdrawal", "idempotencyKey")
    return entry | _present(movement, "reason")


def _withdrawal(wallet: dict[str, Any], movement: dict[str, Any], balance: int) -> dict[str, Any]:
    refused = movement["kind"] == MovementKind.REFUSED
    status = WithdrawalStatus.FAILED if refused else WithdrawalStatus.SUCCESS
    record = {
        "_id": movement["id"],
        "user": wallet["user"],
        "amountCents": movement["requestedCents"] if refused else -movement["amountCents"],
        "currency": wallet["currency"],
        "destination": movement["destination"],
        "status": status,
        "balanceAfterCents": balance,
        "history": [{"status": status, "at": movement["at"]}],
        "createdAt": movement["at"],
    }
    if refused:
        record["failureReason"] = FailureReason.INSUFFICIENT_FUNDS
    if "idempotencyKey" in movement:
        # The record's index is for withdrawals only, so that the key needs no scope there.
        record["idempotencyKey"] = movement["idempotencyKey"].partition(":")[2]
    return record


def _present(movement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: movement[name] for name in names if name in movement}


def _insert(document: type[Document], copies: list[dict[str, Any]]) -> None:
    """Insert the copies that are not there yet; return once all of them are durable."""
    if not copies:
        return
    try:
        document._get_collection().insert_many(copies, ordered=False)
    except BulkWriteError as error:
        database.check_durable(error)
        for failed in error.details["writeErrors"]:
            # A copy that an earlier round made is the only thing to ignore: another duplicate would
            # break an invariant.
            if failed["code"] != DUPLICATE_KEY or failed["keyPattern"] != {"_id": 1}:
                raise WriteError(failed["errmsg"], failed["code"], failed) from error


def _record_reversal(refund: dict[str, Any]) -> None:
    """The withdrawal that the refund belongs to has failed, from now on and once."""
    Withdrawal.objects(id=refund["withdrawal"], status=WithdrawalStatus.SUCCESS).update_one(
        set__status=WithdrawalStatus.FAILED,
        set__failure_reason=refund["reason"],
        set__reversed_at=refund["at"],
        push__history={"status": WithdrawalStatus.FAILED, "at": refund["at"]},
    )


def _cut(wallet: dict[str, Any], chain_end: dict[str, Any]) -> bool:
    """End the round: drop what it has copied, durably by now, and start a new generation.

    The dropped keys enter the filter in this very update, so that a key which has committed is in
    the outbox or in the filter at every moment. False where another copier was faster: its round
    is as good, and nothing is left to do.
    """
    outbox = wallet["outbox"]
    cut = Wallet._get_collection().update_one(
        {"user": wallet["user"], "generation": wallet["generation"]},
        {
            "$pull": {"outbox": {"id": {"$in": [movement["id"] for movement in outbox]}}},
            "$set": {"generation": ObjectId(), "chain": chain_end, **_keys_with_these(wallet)},
            "$unset": {"copying": ""},
        },
    )
    return cut.modified_count == 1


def _full_volume(wallet: dict[str, Any]) -> list[dict[str, Any]]:
    if not bloom_filter.is_full(wallet["seenCount"]):
        return []
    volume = {
        "_id": wallet["generation"],
        "user": wallet["user"],
        "number": wallet["volumes"] + 1,
        "seenKeys": wallet["seenKeys"],
    }
    return [volume]


def _keys_with_these(wallet: dict[str, Any]) -> dict[str, Any]:
    """The wallet's filter with the keys of its outbox; a new one where it has been put away."""
    layers, count, volumes = wallet["seenKeys"], wallet["seenCount"], wallet["volumes"]
    if bloom_filter.is_full(count):
        layers, count, volumes = [], 0, volumes + 1
    keys = [m["idempotencyKey"] for m in wallet["outbox"] if "idempotencyKey" in m]
    layers, count = bloom_filter.with_keys(wallet["user"], layers, count, keys)
    return {"seenKeys": layers, "seenCount": count, "volumes": volumes}
