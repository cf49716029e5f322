"""The limits that a wallet has of its own: given and taken away, each by one update."""

from collections.abc import Mapping

from bson import ObjectId

from wallet_api.documents.wallet import Wallet
from wallet_api.errors import NotFound
from wallet_api.movements.limits.allowance import MEMBERS


def set_limits(user: ObjectId, limits: Mapping[str, int | None]) -> None:
    """Give the wallet these limits, by the names of `Limits`, beside those that it has already.
    None: no such limit for this wallet, whatever the settings say.

    Once this has returned, no withdrawal commits that they forbid: each demands that the wallet has
    the limits by which it was reckoned. One round trip. Raises NotFound: there is no such wallet.
    """
    _change(user, {"$set": {f"limits.{MEMBERS[name]}": value for name, value in limits.items()}})


def clear_limits(user: ObjectId) -> None:
    """Leave the wallet the limits of the settings. One round trip; raises as `set_limits`."""
    _change(user, {"$unset": {"limits": ""}})


def _change(user: ObjectId, change: Mapping[str, object]) -> None:
    if not Wallet._get_collection().update_one({"user": user}, change).matched_count:
        raise NotFound("No such wallet.")
