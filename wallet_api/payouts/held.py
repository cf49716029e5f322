"""What a user's open payouts hold: debited already, and not yet with the recipient."""

from bson import ObjectId

from wallet_api.documents.withdrawal import Withdrawal

OPEN = {"$gt": "failed", "$lt": "success"}
"""Pending and processing, as the partial index on the status says it."""


def held_cents(user: ObjectId) -> int:
    """Minor units of the wallet's currency. One round trip, of an index that holds open ones alone.

    What still waits in the outbox is not in it: `movements.settled` comes before. Nor is what
    another system has left open, of which nobody knows whether it was debited.
    """
    wanted = {"$match": {"user": user, "status": OPEN, "gateway": {"$exists": True}}}
    total = {"$group": {"_id": None, "cents": {"$sum": "$amountCents"}}}
    found = list(Withdrawal._get_collection().aggregate([wanted, total]))
    return int(found[0]["cents"]) if found else 0
