"""Read your own writes: what waits in a user's outbox is copied before their lists are read."""

from bson import ObjectId

from wallet_api.movements.relay.copy import copy_out
from wallet_api.movements.wallets import WalletView, read_wallet


def caught_up(user: ObjectId) -> WalletView:
    """The wallet, once every movement that it had committed by now is copied, and durable.

    One round trip, and a copy-out where something waits.

    Raises Unauthenticated, PyMongoError.
    """
    wallet = read_wallet(user)
    if wallet.uncopied:
        copy_out(user)
    return wallet
