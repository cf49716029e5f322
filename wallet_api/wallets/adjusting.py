"""An operator puts a balance right: an entry of its own, with a reason, once for a key."""

import re
from dataclasses import dataclass
from decimal import Decimal

from bson import ObjectId

from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import InvalidAmount, NotFound
from wallet_api.money import to_minor_units
from wallet_api.movements import Order, post
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.wallets import find_wallets

_AMOUNT = re.compile(r"([+-]?)([0-9]{1,16}(?:\.[0-9]{1,6})?)")


@dataclass(frozen=True, slots=True)
class Adjusted:
    entry: ObjectId
    amount_cents: int
    """Minor units, signed."""
    balance_cents: int
    """Minor units: the balance right after it."""
    currency: str
    is_new: bool
    """False: the key had moved it before, and nothing was moved now."""


def adjust(
    user: ObjectId, amount: str, reason: str, key: str, withdrawal: ObjectId | None = None
) -> Adjusted:
    """Add a signed amount of major units, such as "-12.50", to the balance of a wallet, be it open,
    frozen or closed.

    `withdrawal`: the loss that it takes back. Round trips: one or two, those of movements.post, and
    of a copy.

    Raises NotFound; InvalidAmount; InsufficientFunds: the balance would be below zero, and nothing
    is stored; BalanceLimitExceeded; IdempotencyKeyReused: the key moved another amount.
    """
    (wallet,) = find_wallets([user])
    if wallet is None:
        raise NotFound("The user has no wallet yet.")
    _check_loss(user, withdrawal)
    currency = str(wallet["currency"])
    amount_cents = _signed_cents(amount, currency)
    order = Order(
        user,
        MovementKind.ADJUSTMENT,
        amount_cents,
        currency,
        key,
        reason=reason,
        withdrawal=withdrawal,
    )
    receipt = post(order)
    copy_outbox(user)
    return Adjusted(
        receipt.id, amount_cents, receipt.balance_cents, currency, is_new=not receipt.replayed
    )


def _signed_cents(amount: str, currency: str) -> int:
    found = _AMOUNT.fullmatch(amount)
    if found is None:
        raise InvalidAmount("Must be an amount such as -12.50 or 100.")
    cents = to_minor_units(Decimal(found[2]), currency)
    return -cents if found[1] == "-" else cents


def _check_loss(user: ObjectId, withdrawal: ObjectId | None) -> None:
    if withdrawal is not None and not Withdrawal.objects(id=withdrawal, user=user).count():
        raise NotFound("The user has no such withdrawal.")
