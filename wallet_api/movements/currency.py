"""The currency of a wallet, which never changes."""

from bson import ObjectId

from wallet_api.movements import memory
from wallet_api.wallets.reading import read_wallet


def currency_of(user: ObjectId) -> str:
    """No round trip where this process has seen the wallet before, else one.

    Raises Unauthenticated: the user is deactivated, or unknown.
    """
    seen = memory.wallets.get(user)
    return seen.currency if seen is not None else read_wallet(user).currency
