"""From an order to its receipt: seen before, commit, or the reason why not."""

from wallet_api import errors
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements import memory, replay
from wallet_api.movements.commit import commit, refuse
from wallet_api.movements.copy_out import copy_out
from wallet_api.movements.order import Order, Receipt
from wallet_api.movements.replay import Sight
from wallet_api.wallets.opening import open_missing_wallet

TRIES = 8
"""Each lost to another movement that got through, so more are needed by bad luck only."""


def post(order: Order) -> Receipt:
    """Commit the order, or tell what became of its key.

    Round trips: without a key 1; with one 2 (a point read and the commit); a settled replay 1;
    a refusal 3, or 4 with a key.

    Raises InsufficientFunds (which sticks to the key), BalanceLimitExceeded, CurrencyMismatch,
    IdempotencyKeyReused, Unauthenticated (deactivated, or unknown), Unavailable; PyMongoError:
    unknown whether it committed, the same key sent again tells.
    """
    receipt = _post_the_usual_way(order)
    for _ in range(TRIES):
        if receipt is not None:
            if receipt.refused:
                raise errors.InsufficientFunds(replayed=receipt.replayed)
            return receipt
        receipt = _post_with_a_look(order)
    raise errors.Unavailable


def _post_the_usual_way(order: Order) -> Receipt | None:
    """Without reading the wallet: a remembered generation serves as well as a fresh one."""
    if order.key is None:
        return commit(order, generation=None)
    seen = memory.wallets.get(order.user)
    if seen is None:
        return None
    earlier = replay.find_record(order)
    if earlier is None:
        return commit(order, seen.generation)
    return earlier if replay.is_settled(earlier, sight=None) else None


def _post_with_a_look(order: Order) -> Receipt | None:
    sight = replay.look(order)
    if sight is None:
        open_missing_wallet(order.user)
        return None
    if order.by_the_user and not sight.active:
        raise errors.Unauthenticated
    if sight.earlier is not None and replay.is_settled(sight.earlier, sight):
        return sight.earlier
    if sight.key_uncopied or sight.outbox_full:
        copy_out(order.user)
        return None
    return _commit_or_refuse(order, sight)


def _commit_or_refuse(order: Order, sight: Sight) -> Receipt | None:
    if sight.currency != order.currency:
        raise errors.CurrencyMismatch
    if order.amount_cents > MAX_BALANCE_CENTS - sight.balance_cents:
        raise errors.BalanceLimitExceeded
    if sight.balance_cents + order.amount_cents < 0:
        return refuse(order, sight.generation)
    return commit(order, sight.generation)
