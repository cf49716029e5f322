"""Read what waits in outboxes, so that no crash and no failover can take any of it back."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from wallet_api import ledger_signing
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet

BOOKING_WINDOW = timedelta(minutes=1)
"""How far the books follow the stamp of a host's clock."""


def read_durably(user: ObjectId, only_if: dict[str, Any]) -> dict[str, Any] | None:
    """The wallet, nothing of which a crash or a failover can take back any more; None if nothing
    waits in it. One round trip.

    By a write: once it is acknowledged (journaled; on a majority), so is all that it returns. A
    mere read may see a movement that is lost a moment later, and its copy would then be of money
    that never moved.

    The same write fixes, once, when each movement is booked and with which secret its entry is
    signed: see `booked_outbox`.
    """
    wallet: dict[str, Any] | None = Wallet._get_collection().find_one_and_update(
        _carrying(only_if) | {"user": user},
        [_claim(ObjectId())],
        return_document=ReturnDocument.AFTER,
    )
    return wallet


def read_together(
    users: Collection[ObjectId], claim: ObjectId, only_if: dict[str, Any]
) -> list[dict[str, Any]]:
    """The same for several wallets: those in which something waits. Two round trips.

    The write returns no wallets, so they are read afterwards: by its claim, and only as far as it
    has booked them. What has come since may still be lost.
    """
    wallets = Wallet._get_collection()
    wallets.update_many(_carrying(only_if) | {"user": {"$in": list(users)}}, [_claim(claim)])
    found = wallets.find({"user": {"$in": list(users)}, "copying": claim})
    return [as_booked(wallet) for wallet in found]


def _carrying(only_if: dict[str, Any]) -> dict[str, Any]:
    return {"outbox.0": {"$exists": True}, **only_if}


def _claim(claim: ObjectId) -> dict[str, Any]:
    return {"$set": {"copying": claim, "outbox": booked_outbox()}}


def as_booked(wallet: dict[str, Any]) -> dict[str, Any]:
    """The wallet as it was before the movements at the end of its outbox that are not booked."""
    booked = [movement for movement in wallet["outbox"] if movement.get("bookedAt") is not None]
    later = wallet["outbox"][len(booked) :]
    return wallet | {
        "outbox": booked,
        "balanceCents": wallet["balanceCents"] - sum(each["amountCents"] for each in later),
        "sequence": wallet["sequence"]
        - sum(each["kind"] != MovementKind.REFUSED for each in later),
    }


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
