"""Copy outboxes to the ledger and the records, however often it is tried."""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId
from mongoengine import Document
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, WriteError

from wallet_api import database
from wallet_api.documents.kinds import RefundState, WithdrawalStatus
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import used_keys
from wallet_api.movements.limits import days
from wallet_api.movements.limits.destinations import to_forget
from wallet_api.movements.relay import payouts_due, wallet_seal
from wallet_api.movements.relay.copies import copies_of
from wallet_api.movements.relay.durable_read import read_durably

DUPLICATE_KEY = 11000

WHEN_TOLD = {"$cond": [{"$eq": ["$tries", 0]}, "$$NOW", "$dueAt"]}
"""A callback sets the tries to zero, and leaves the lease of a worker that refunds as it is."""


def copy_outbox(user: ObjectId, only_if: dict[str, Any] | None = None) -> int:
    """Copy what the user's outbox holds, and then remove it from there.

    `only_if`: a further condition on the wallet; nothing is done where it does not hold any more.

    Returns how many movements it copied. Four round trips at most (a durable read, two batched
    inserts, the truncation), however many movements there are; one more for each refund, and one
    every few thousand keys to seal a full filter.

    Raises PyMongoError: the copies that were made stay, the next try makes the others.
    """
    wallet = read_durably(user, only_if or {})
    return 0 if wallet is None else copy_wallets([wallet])


def copy_wallets(wallets: Sequence[dict[str, Any]]) -> int:
    """The same for wallets that were read durably. The round trips after that, however many wallets
    there are."""
    copies = [copies_of(wallet) for wallet in wallets]
    retirements = [used_keys.retire(wallet, _keys(wallet["outbox"])) for wallet in wallets]
    insert_missing(LedgerEntry, [entry for each in copies for entry in each.entries])
    withdrawals = [record for each in copies for record in each.withdrawals]
    insert_missing(Withdrawal, withdrawals)
    payouts_due.copied(withdrawals)
    for each in copies:
        for refund in each.refunds:
            _record_reversal(refund)
    sealed = [each.sealed for each in retirements if each.sealed is not None]
    insert_missing(SealedKeyFilter, sealed)
    truncate(
        [
            (wallet, _with_seal(wallet, {"chain": made.chain, **retirement.change}))
            for wallet, made, retirement in zip(wallets, copies, retirements, strict=True)
        ]
    )
    return sum(len(wallet["outbox"]) for wallet in wallets)


def _with_seal(wallet: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return change | {"seal": wallet_seal.seal_of(wallet | change)}


def insert_missing(document: type[Document], copies: list[dict[str, Any]]) -> None:
    """Insert the copies that are not there yet; return once all of them are durable."""
    if not copies:
        return
    try:
        document._get_collection().insert_many(copies, ordered=False)
    except BulkWriteError as error:
        database.check_durable(error)
        for failed in error.details["writeErrors"]:
            # A copy that an earlier try made is the only thing to ignore: another duplicate would
            # break an invariant.
            if failed["code"] != DUPLICATE_KEY or failed["keyPattern"] != {"_id": 1}:
                raise WriteError(failed["errmsg"], failed["code"], failed) from error


def truncate(ends: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Remove from the outboxes what has been copied, durably by now, and start new generations.

    `ends`: the wallets as they were read, and of each what changes besides: the end of the hash
    chain, the filter with the keys of the removed movements, and the seal on both. With them go the
    sums of days that are over, and too many destinations. All of a wallet's in one update, so that
    a key which has committed is in the outbox or in the filter at every moment. Nothing happens to
    a wallet where another process was faster: its copies are the same.
    """
    wallets = Wallet._get_collection()
    updates = [(unchanged_since(wallet), _truncation(wallet, change)) for wallet, change in ends]
    if len(updates) == 1:
        wallets.update_one(*updates[0])
        return
    try:
        wallets.bulk_write([UpdateOne(*each) for each in updates], ordered=False)
    except BulkWriteError as error:
        database.check_durable(error)
        failed = error.details["writeErrors"][0]
        raise WriteError(failed["errmsg"], failed["code"], failed) from error


def unchanged_since(wallet: dict[str, Any]) -> dict[str, Any]:
    """The condition that no relay has truncated its outbox since it was read."""
    return {"user": wallet["user"], "generation": wallet["generation"]}


def _truncation(wallet: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    outbox = wallet["outbox"]
    copied = [movement["id"] for movement in outbox]
    # By what was booked, since the database's clock has bounded that.
    gone = [f"spent.{day}" for day in days.over(wallet.get("spent"), outbox[-1]["bookedAt"])]
    gone += [f"destinations.{name}" for name in to_forget(wallet.get("destinations"))]
    return {
        "$pull": {"outbox": {"id": {"$in": copied}}},
        "$set": {"generation": ObjectId(), **change},
        "$unset": {"copying": "", **dict.fromkeys(gone, "")},
    }


def _record_reversal(refund: dict[str, Any]) -> None:
    """The withdrawal that the refund belongs to has failed, from now on and once.

    Where a gateway was to pay it, it had failed before the refund was decided on. It stays due
    where a callback has told otherwise.
    """
    if "gateway" in refund:
        owed = {"_id": refund["withdrawal"], "refund": RefundState.OWED}
        paid = {
            "refund": RefundState.PAID,
            "refundedAt": refund["at"],
            "dueAt": {"$cond": ["$told", WHEN_TOLD, "$$REMOVE"]},
            "fence": "$$REMOVE",
        }
        Withdrawal._get_collection().update_one(owed, [{"$set": paid}])
        return
    Withdrawal.objects(id=refund["withdrawal"], status=WithdrawalStatus.SUCCESS).update_one(
        set__status=WithdrawalStatus.FAILED,
        set__failure_reason=refund["reason"],
        set__reversed_at=refund["at"],
        push__history={"status": WithdrawalStatus.FAILED, "at": refund["at"]},
    )


def _keys(outbox: list[dict[str, Any]]) -> list[str]:
    return [movement["idempotencyKey"] for movement in outbox if "idempotencyKey" in movement]
