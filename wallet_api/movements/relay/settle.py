"""Read your own writes: what waits in a user's outbox is copied before their lists are read."""

from bson import ObjectId

from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.wallets import WalletView, read_wallet


def settled(user: ObjectId) -> WalletView:
    """The wallet as it was read, once every movement that it had committed by then is copied.

    One round trip, and those of a copy where something waits.

    Raises Unauthenticated, PyMongoError.
    """
    wallet = read_wallet(user)
    if wallet.uncopied:
        copy_outbox(user)
    return wallet
