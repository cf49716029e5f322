"""Opening a user's wallet, and closing it to money while the user is deactivated."""

from contextlib import suppress

from bson import ObjectId
from mongoengine.errors import NotUniqueError

from wallet_api.errors import Unauthenticated
from wallet_api.users.documents import User
from wallet_api.wallets.documents import Wallet


def open_wallet(user: ObjectId, currency: str) -> None:
    """Give the user a wallet, unless there is one. One round trip."""
    with suppress(NotUniqueError):
        Wallet(user=user, currency=currency).save(force_insert=True)


def open_missing_wallet(user: ObjectId) -> None:
    """Finish a registration that died between the user and the wallet. Two round trips.

    Raises Unauthenticated: there is no such user, or a deactivated one.
    """
    owner = User.objects(id=user, is_active=True).only("currency").first()
    if owner is None:
        raise Unauthenticated
    open_wallet(user, owner.currency)


def set_active(user: ObjectId, active: bool) -> bool:
    """Let money move, or stop it at once: every debit's own condition checks the flag.

    Says whether there is such a wallet. One round trip.
    """
    return Wallet.objects(user=user).update_one(set__active=active) == 1
