"""A wallet whose money stands still, while its user may still log in and look at it.

A frozen wallet is not active, which every commit demands anyway: its condition stays as it is.
What `active` would be without the freeze is kept beside it.
"""

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from wallet_api.documents.wallet import Wallet
from wallet_api.errors import IllegalStatusChange, NotFound

_IS_FROZEN = {"$eq": [{"$type": "$frozen"}, "object"]}


def is_frozen(wallet: Mapping[str, Any]) -> bool:
    """Whether its user is let in, and its money is not let move."""
    frozen = wallet.get("frozen")
    return isinstance(frozen, dict) and frozen.get("active") is True


def freeze(user: ObjectId) -> None:
    """Let no deposit, withdrawal or transfer commit once this has returned. One round trip; two
    where it is refused.

    Raises NotFound; IllegalStatusChange: it is frozen already, or closed for good.
    """
    wanted = {"user": user, "frozen": {"$exists": False}, "erasedAt": None}
    change = [{"$set": {"frozen": {"active": "$active"}, "active": False}}]
    if not Wallet._get_collection().update_one(wanted, change).matched_count:
        raise _refusal(user, "The wallet is frozen already, or closed for good.")


def unfreeze(user: ObjectId) -> None:
    """Let money move again, unless the user is deactivated. Round trips as `freeze`.

    Raises NotFound; IllegalStatusChange: it is not frozen.
    """
    wanted = {"user": user, "frozen": {"$type": "object"}}
    change = [{"$set": {"active": "$frozen.active"}}, {"$unset": "frozen"}]
    if not Wallet._get_collection().update_one(wanted, change).matched_count:
        raise _refusal(user, "The wallet is not frozen.")


def decide_active(user: ObjectId, active: bool, only_if: Mapping[str, Any]) -> int | None:
    """What `movements.wallets.set_active` decides; of a frozen wallet it counts after the freeze.

    Returns the number of the decision; None: there is no such wallet. One round trip.
    """
    members: dict[str, Any] = {
        "active": {"$and": [active, {"$not": [_IS_FROZEN]}]},
        "frozen": {"$cond": [_IS_FROZEN, {"active": active}, "$$REMOVE"]},
        "activeChanges": {"$add": [{"$ifNull": ["$activeChanges", 0]}, 1]},
    }
    if not active:
        members["tokenEpoch"] = ObjectId()
    row = Wallet._get_collection().find_one_and_update(
        {"user": user, **only_if},
        [{"$set": members}],
        {"activeChanges": 1},
        return_document=ReturnDocument.AFTER,
    )
    return None if row is None else int(row["activeChanges"])


def _refusal(user: ObjectId, why: str) -> NotFound | IllegalStatusChange:
    if Wallet.objects(user=user).count():
        return IllegalStatusChange(why)
    return NotFound("The user has no wallet yet.")
