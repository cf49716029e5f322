"""Copy a wallet's outbox to the ledger and the records, however often it is tried."""

from datetime import timedelta
from typing import Any

from bson import ObjectId
from mongoengine import Document
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, WriteError

from wallet_api import database, ledger_signing
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

DUPLICATE_KEY = 11000

BOOKING_WINDOW = timedelta(minutes=1)
"""How far the books follow the stamp of a host's clock."""


def copy_outbox(user: ObjectId, only_if: dict[str, Any] | None = None) -> int:
    """Copy what the user's outbox holds, and then remove it from there.

    `only_if`: a further condition on the wallet; nothing is done where it does not hold any more.

    Returns how many movements it copied. Four round trips at most (a durable read, two batched
    inserts, the truncation), however many movements there are; one more for each refund, and one
    every few thousand keys to seal a full filter.

    Raises PyMongoError: the copies that were made stay, the next try makes the others.
    """
    wallet = read_durably(user, only_if or {})
    if wallet is None:
        return 0
    copies = copies_of(wallet)
    retirement = used_keys.retire(wallet, _keys(wallet["outbox"]))
    insert_missing(LedgerEntry, copies.entries)
    insert_missing(Withdrawal, copies.withdrawals)
    payouts_due.copied(copies.withdrawals)
    for refund in copies.refunds:
        _record_reversal(refund)
    if retirement.sealed is not None:
        insert_missing(SealedKeyFilter, [retirement.sealed])
    change = {"chain": copies.chain, **retirement.change}
    truncate(wallet, change | {"seal": wallet_seal.seal_of(wallet | change)})
    return len(wallet["outbox"])


def read_durably(user: ObjectId, only_if: dict[str, Any]) -> dict[str, Any] | None:
    """The wallet, nothing of which a crash or a failover can take back any more; None if nothing
    waits in it.

    By a write: once it is acknowledged (journaled; on a majority), so is all that it returns. A
    mere read may see a movement that is lost a moment later, and its copy would then be of money
    that never moved.

    The same write fixes, once, when each movement is booked and with which secret its entry is
    signed: see `booked_outbox`.
    """
    wallet: dict[str, Any] | None = Wallet._get_collection().find_one_and_update(
        {"user": user, "outbox.0": {"$exists": True}, **only_if},
        [{"$set": {"copying": ObjectId(), "outbox": booked_outbox()}}],
        return_document=ReturnDocument.AFTER,
    )
    return wallet


def booked_outbox() -> dict[str, Any]:
    """The outbox, with an instant of booking for each movement that has none yet, and the version
    of its digest. So processes of two LEDGER_SECRETs make the same copies.

    It is booked at its stamp `at`, by the clock of the host that asked for it; but not after the
    present instant nor more than BOOKING_WINDOW before, both by the database's clock. So what has
    been answered for an instant that is older than this window never changes, whatever the hosts'
    clocks say and however long a request has slept between its stamp and its commit.
    """
    window = BOOKING_WINDOW // timedelta(milliseconds=1)
    not_late = {"$min": ["$$movement.at", "$$NOW"]}
    booked_at = {"$max": [not_late, {"$subtract": ["$$NOW", window]}]}
    # Older code has booked it, and may have copied it.
    booked_before = {"$gt": ["$$movement.bookedAt", None]}
    version = {"$cond": [booked_before, ledger_signing.PLAIN, ledger_signing.present_version()]}
    booked = {
        "$mergeObjects": [
            "$$movement",
            {
                "bookedAt": {"$ifNull": ["$$movement.bookedAt", booked_at]},
                "digestVersion": {"$ifNull": ["$$movement.digestVersion", version]},
            },
        ]
    }
    return {"$map": {"input": "$outbox", "as": "movement", "in": booked}}


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


def truncate(wallet: dict[str, Any], change: dict[str, Any]) -> bool:
    """Remove from the outbox what has been copied, durably by now, and start a new generation.

    `change`: the end of the hash chain, the filter with the keys of the removed movements, and the
    seal on both. With them go the sums of days that are over, and too many destinations. All in one
    update, so that a key which has committed is in the outbox or in the filter at every moment.
    False where another process was faster: its copies are the same, and nothing is left to do.
    """
    outbox = wallet["outbox"]
    copied = [movement["id"] for movement in outbox]
    # By what was booked, since the database's clock has bounded that.
    gone = [f"spent.{day}" for day in days.over(wallet.get("spent"), outbox[-1]["bookedAt"])]
    gone += [f"destinations.{name}" for name in to_forget(wallet.get("destinations"))]
    result = Wallet._get_collection().update_one(
        {"user": wallet["user"], "generation": wallet["generation"]},
        {
            "$pull": {"outbox": {"id": {"$in": copied}}},
            "$set": {"generation": ObjectId(), **change},
            "$unset": {"copying": "", **dict.fromkeys(gone, "")},
        },
    )
    return result.modified_count == 1


def _record_reversal(refund: dict[str, Any]) -> None:
    """The withdrawal that the refund belongs to has failed, from now on and once.

    Where a gateway was to pay it, it had failed before the refund was decided on.
    """
    if "gateway" in refund:
        Withdrawal.objects(id=refund["withdrawal"], refund=RefundState.OWED).update_one(
            set__refund=RefundState.PAID,
            set__refunded_at=refund["at"],
            unset__due_at=True,
            unset__fence=True,
        )
        return
    Withdrawal.objects(id=refund["withdrawal"], status=WithdrawalStatus.SUCCESS).update_one(
        set__status=WithdrawalStatus.FAILED,
        set__failure_reason=refund["reason"],
        set__reversed_at=refund["at"],
        push__history={"status": WithdrawalStatus.FAILED, "at": refund["at"]},
    )


def _keys(outbox: list[dict[str, Any]]) -> list[str]:
    return [movement["idempotencyKey"] for movement in outbox if "idempotencyKey" in movement]
