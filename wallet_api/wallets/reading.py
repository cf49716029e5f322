"""A user's wallet as it is now."""

from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from wallet_api.errors import Unauthenticated
from wallet_api.wallets.documents import Wallet
from wallet_api.wallets.opening import open_missing_wallet


@dataclass(frozen=True, slots=True)
class WalletView:
    user: ObjectId
    currency: str
    balance_cents: int
    uncopied: bool
    """Whether a movement of it may still lack its ledger entry or withdrawal record."""


# Of the outbox one movement at most: whether there is any.
_MEMBERS = {"currency": 1, "balanceCents": 1, "active": 1, "outbox": {"$slice": 1}, "_id": 0}


def read_wallet(user: ObjectId) -> WalletView:
    """One round trip.

    Raises Unauthenticated: the user is deactivated, or unknown.
    """
    # On the collection, not by a queryset, which costs twice the CPU: see movements.commit.
    wallet: dict[str, Any] | None = Wallet._get_collection().find_one({"user": user}, _MEMBERS)
    if wallet is None:
        open_missing_wallet(user)
        return read_wallet(user)
    if not wallet["active"]:
        raise Unauthenticated
    return WalletView(
        user=user,
        currency=wallet["currency"],
        balance_cents=wallet["balanceCents"],
        uncopied=bool(wallet["outbox"]),
    )
