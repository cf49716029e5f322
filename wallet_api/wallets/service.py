"""What a user can do with a wallet: see it, and put money in."""

from bson import ObjectId

from wallet_api.documents.kinds import MovementKind
from wallet_api.errors import IdempotencyKeyReused
from wallet_api.money import Asked
from wallet_api.movements import Order, Receipt, post
from wallet_api.movements.wallets import currency_of


def deposit(user: ObjectId, asked: Asked, currency: str | None, key: str | None) -> Receipt:
    """Put what is asked for into the user's wallet. Round trips: those of movements.post.

    Raises InvalidAmount, UnknownCurrency and what movements.post raises.
    """
    currency = currency or currency_of(user)
    amount_cents = asked.in_minor_units(currency)
    try:
        return post(Order(user, MovementKind.DEPOSIT, amount_cents, currency, key))
    except IdempotencyKeyReused as reused:
        raise reused.calling("amount", asked.member) from None
