"""What a user can do with a wallet: see it, and put money in."""

from decimal import Decimal

from bson import ObjectId

from wallet_api.documents.kinds import MovementKind
from wallet_api.money import to_minor_units
from wallet_api.movements.orders import Order, Receipt
from wallet_api.movements.post import post
from wallet_api.movements.wallets import currency_of


def deposit(user: ObjectId, amount: Decimal, currency: str | None, key: str | None) -> Receipt:
    """Put `amount` major units into the user's wallet. Round trips: those of movements.post.

    Raises InvalidAmount, UnknownCurrency and what movements.post raises.
    """
    currency = currency or currency_of(user)
    amount_cents = to_minor_units(amount, currency)
    return post(Order(user, MovementKind.DEPOSIT, amount_cents, currency, key))
