"""What an operator can do with the limits on a wallet's withdrawals."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bson import ObjectId

from wallet_api import logs
from wallet_api.errors import InvalidInput, NotFound
from wallet_api.movements import wallets
from wallet_api.movements.limits import own
from wallet_api.movements.limits.left import Left, left_of
from wallet_api.movements.limits.members import limits_of
from wallet_api.users import service as users
from wallet_api.withdrawal_limits import amount_cents

NONE = "none"
"""In place of an amount or a number: no such limit for this wallet, whatever the settings say."""


@dataclass(frozen=True, slots=True)
class WalletLimits:
    currency: str
    left: Left | None
    own: frozenset[str]
    """The names of those that the wallet has of its own, as the wallet holds them."""


def set_limits(email: str, amounts: Mapping[str, str], count_per_day: str | None) -> WalletLimits:
    """Give the wallet limits of its own, beside those that it has: `amounts` in major units, by the
    names of `Limits`. Four round trips.

    Raises InvalidInput: an amount, or the number, is none; NotFound: nobody has this email.
    """
    user = users.id_of(email)
    currency = _read(user).currency
    limits = {name: _cents(name, text, currency) for name, text in amounts.items()}
    if count_per_day is not None:
        limits["count_per_day"] = _number(count_per_day)
    own.set_limits(user, limits)
    logs.event("limits_set", "A wallet has limits of its own", userId=str(user))
    return _read(user)


def show_limits(email: str) -> WalletLimits:
    """Two round trips. Raises NotFound: nobody has this email."""
    return _read(users.id_of(email))


def clear_limits(email: str) -> WalletLimits:
    """Leave the wallet the limits of the settings. Three round trips. Raises NotFound: nobody has
    this email."""
    user = users.id_of(email)
    own.clear_limits(user)
    logs.event("limits_cleared", "A wallet has no limits of its own any more", userId=str(user))
    return _read(user)


def _read(user: ObjectId) -> WalletLimits:
    (wallet,) = wallets.find_wallets([user])
    if wallet is None:
        raise NotFound("The user has no wallet yet.")
    currency = str(wallet.get("currency"))
    left = left_of(user, wallet, currency)
    return WalletLimits(currency, left, frozenset(limits_of(user, wallet) or ()))


def _cents(name: str, text: str, currency: str) -> int | None:
    if text == NONE:
        return None
    try:
        return amount_cents(text, currency)
    except ValueError as error:
        raise InvalidInput([(_option(name), str(error))]) from None


def _option(name: str) -> str:
    return "--" + name.removesuffix("_cents").replace("_", "-")


def _number(text: str) -> int | None:
    if text == NONE:
        return None
    if not (text.isascii() and text.isdigit() and Decimal(text) < 10**9):
        raise InvalidInput([("--count-per-day", f"{text} is no number of withdrawals")])
    return int(text)
