"""Read your own writes: what waits in a user's outbox is copied before their lists are read."""

from wallet_api.callers import Caller
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.wallets import WalletView, read_wallet


def settled(caller: Caller) -> WalletView:
    """The wallet as it was read, once every movement that it had committed by then is copied.

    One round trip, and those of a copy where something waits.

    Raises Unauthenticated, PyMongoError.
    """
    wallet = read_wallet(caller)
    if wallet.uncopied:
        copy_outbox(caller.user)
    return wallet
