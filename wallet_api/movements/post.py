"""From an order to its receipt: seen before, commit, or the reason why not."""

from collections.abc import Sequence
from functools import partial

from bson import ObjectId

from wallet_api import errors
from wallet_api.batcher import Together, outcomes_of
from wallet_api.config import settings
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements import lookup
from wallet_api.movements.commit import commit, refuse
from wallet_api.movements.lookup import Sight
from wallet_api.movements.orders import Order, Receipt
from wallet_api.movements.relay.copy import copy_out
from wallet_api.movements.used_keys import recent, sealed_filters
from wallet_api.movements.wallets import open_missing_wallet

TRIES = 16
"""Each lost to another movement that got through: of 400 orders in a crowd, one needed six."""


def post(order: Order) -> Receipt:
    """Commit the order, or tell what became of its key.

    Round trips: 1, with or without a key. A replay 1 or 2; a refusal 3; a new key that the wallet's
    filter or volumes are in doubt about 2 or 3, and in a wallet of more than a million keys 2.

    Raises InsufficientFunds (which sticks to the key), BalanceLimitExceeded, CurrencyMismatch,
    IdempotencyKeyReused, Unauthenticated (deactivated, or unknown), Unavailable; PyMongoError:
    unknown whether it committed, the same key sent again tells.
    """
    receipt = _post_without_a_look(order)
    for _ in range(TRIES):
        if receipt is not None:
            return _answered(receipt, order)
        receipt = _post_with_a_look(order)
    raise errors.Unavailable


def _post_without_a_look(order: Order) -> Receipt | None:
    """None also where that is likely to be in vain, and not tried."""
    if order.key is None:
        return commit(order)
    if recent.used_keys.get((order.user, order.scoped_key)):
        return None
    seen = recent.wallets.get(order.user)
    count = seen.volumes if seen else 0
    if sealed_filters.none_knows(order.user, order.scoped_key, count):
        return commit(order, volumes=count)
    return None


def _answered(receipt: Receipt, order: Order) -> Receipt:
    if order.key is not None:
        recent.used_keys.put((order.user, order.scoped_key), True)
    if receipt.refused:
        raise errors.InsufficientFunds(replayed=receipt.replayed)
    return receipt


def _post_with_a_look(order: Order) -> Receipt | None:
    sight = lookup.look(order)
    if sight is None:
        open_missing_wallet(order.user)
        return None
    if order.by_the_user and not sight.active:
        raise errors.Unauthenticated
    if sight.earlier is not None:
        return sight.earlier
    if sight.key_uncopied:
        copy_out(order.user)
        return None
    if sight.outbox_full:
        _room.do(order.user, order.user)
        return None
    return _commit_or_refuse(order, sight)


def _make_room(users: Sequence[ObjectId]) -> list[int | Exception]:
    """Everybody who finds the outbox full comes here: one copies it, the others wait."""
    full = {f"outbox.{settings().outbox_limit - 1}": {"$exists": True}}
    each = dict.fromkeys(users)
    copied = dict(zip(each, outcomes_of(each, partial(copy_out, only_if=full)), strict=True))
    return [copied[user] for user in users]


_room = Together(_make_room)


def _commit_or_refuse(order: Order, sight: Sight) -> Receipt | None:
    if sight.currency != order.currency:
        raise errors.CurrencyMismatch
    if order.amount_cents > MAX_BALANCE_CENTS - sight.balance_cents:
        raise errors.BalanceLimitExceeded
    if sight.balance_cents + order.amount_cents < 0:
        return refuse(order, sight.generation)
    return commit(order, sight.generation)
