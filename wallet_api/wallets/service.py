"""What a user can do with a wallet: see it, and put money in."""

from dataclasses import replace

from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.documents.kinds import MovementKind
from wallet_api.errors import IdempotencyKeyReused
from wallet_api.money import Asked
from wallet_api.movements import Order, Receipt, post, settled
from wallet_api.movements.wallets import WalletView, currency_of, read_wallet
from wallet_api.payouts.held import held_cents


def show(caller: Caller) -> WalletView:
    """The wallet now. One round trip; where withdrawals are paid out, two, and those of a copy
    where something waits.

    Raises what movements.wallets.read_wallet raises.
    """
    if not settings().payouts.is_on:
        return read_wallet(caller)
    wallet = settled(caller)
    return replace(wallet, held_cents=held_cents(wallet.user))


def deposit(caller: Caller, asked: Asked, currency: str | None, key: str | None) -> Receipt:
    """Put what is asked for into the caller's wallet. Round trips: those of movements.post.

    Raises InvalidAmount, UnknownCurrency and what movements.post raises.
    """
    currency = currency or currency_of(caller)
    amount_cents = asked.in_minor_units(currency)
    order = Order(
        caller.user,
        MovementKind.DEPOSIT,
        amount_cents,
        currency,
        key,
        epoch=caller.epoch,
        backend_key=caller.backend_key,
    )
    try:
        return post(order)
    except IdempotencyKeyReused as reused:
        raise reused.calling("amount", asked.member) from None
