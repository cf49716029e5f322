"""From an order to its receipt: commit it, or tell what became of its key, or why it is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bson import ObjectId
from pymongo.errors import OperationFailure

from wallet_api import errors
from wallet_api.batcher import Batcher, run_each
from wallet_api.config import settings
from wallet_api.documents.kinds import DEBITS, MovementKind, first_status
from wallet_api.money import MAX_BALANCE_CENTS, with_code
from wallet_api.movements import group_commit, lookup, used_keys
from wallet_api.movements.attempts import Attempt, attempt, refusal, refusal_by_limit
from wallet_api.movements.commit import Committed
from wallet_api.movements.limits import wording
from wallet_api.movements.limits.allowance import FREE, Allowance, Spent, allowance_of
from wallet_api.movements.limits.claims import Own
from wallet_api.movements.limits.destinations import digest_of
from wallet_api.movements.lookup import KeyLookup
from wallet_api.movements.members import damaged, is_damage
from wallet_api.movements.orders import Order, Receipt
from wallet_api.movements.relay import copy, worker
from wallet_api.movements.used_keys import recent
from wallet_api.movements.wallets import open_missing_wallet

MAX_LOOKUPS = 16
"""After each, another movement may get through first: of 400 orders in a crowd, one needed six."""

Commit = Callable[[Attempt], Committed | None]


def post(order: Order, commit: Commit = group_commit.commit) -> Receipt:
    """Commit the order, or tell what became of its key.

    `commit`: group_commit.commit, or movements.commit.commit: one update for this order alone.

    Round trips: 1, with or without a key. A replay 1 or 2; where its movement is still in the
    outbox, a copy's and one more. A refusal 3, or 2 where a limit forbids the amount by itself. A
    new key that one of the wallet's filters may contain 2 or 3, and one in a wallet of more than a
    million keys 2. Where this process has not seen the limits that the wallet has now, 2 more.

    Raises InsufficientFunds, LimitExceeded (both stored under the key), BalanceLimitExceeded,
    CurrencyMismatch,
    IdempotencyKeyReused, Unauthenticated (deactivated, or unknown, or of a login that has ended),
    WalletFrozen, Unavailable (nothing has been committed), OutOfService (the wallet's document is
    damaged); PyMongoError: unknown whether it committed, the same key sent again finds out.
    """
    receipt = _commit_optimistically(order, commit)
    lookups = 0
    while receipt is None:
        if lookups == MAX_LOOKUPS:
            raise errors.Unavailable  # none of the look-ups was followed by a commit
        receipt = _commit_after_lookup(order, commit)
        lookups += 1
    return _answered(receipt, order)


def replay(order: Order) -> Receipt | None:
    """What was answered to the order's key; None: nothing yet. Nothing is moved.

    Round trips: 1; where its movement is still in the outbox, a copy's and one more.

    Raises InsufficientFunds, LimitExceeded (those stored under the key) and what look_up raises.
    """
    if order.key is None:
        return None
    found = lookup.look_up(order)
    if found is not None and found.key_in_outbox and found.earlier is None:
        copy.copy_outbox(order.user)
        found = lookup.look_up(order)
    if found is None or found.earlier is None:
        return None
    return _answered(found.earlier, order)


def _commit_optimistically(order: Order, commit: Commit) -> Receipt | None:
    """None: the update did not match, or something must be looked up first."""
    allowance = FREE
    if order.amount_cents < 0:
        allowance = _allowance(order, recent.own_limits.get(order.user))
        if allowance is not FREE and allowance.refuses_alone(-order.amount_cents):
            return None
    if order.key is None:
        return _try(attempt(order, used_keys.NO_GUARD, allowance), commit)
    guard = used_keys.guard(order.user, order.scoped_key)
    return _try(attempt(order, guard, allowance), commit) if guard is not None else None


def _commit_after_lookup(order: Order, commit: Commit) -> Receipt | None:
    """The earlier receipt of the key, or a new one. None, and nothing has been committed: it has
    opened the wallet, copied its outbox, or lost to another movement, and is to be tried again."""
    found = lookup.look_up(order)
    if found is None:
        open_missing_wallet(order.user)
        return None
    hint = recent.WalletHint(found.currency, found.sealed_filters, found.layers)
    recent.wallets.put(order.user, hint)
    if found.limits != recent.own_limits.get(order.user):
        recent.own_limits.put(order.user, found.limits)
    if found.earlier is not None:
        return found.earlier
    if found.key_in_outbox:
        copy.copy_outbox(order.user)
        return None
    if found.frozen:
        raise errors.WalletFrozen
    if found.outbox_full:
        _space.do(order.user, order.user)
        return None
    return _commit_or_refuse(order, found, commit)


def _commit_or_refuse(order: Order, found: KeyLookup, commit: Commit) -> Receipt | None:
    if found.currency != order.currency:
        raise errors.CurrencyMismatch(found.currency, order.currency)
    if order.amount_cents > MAX_BALANCE_CENTS - found.balance_cents:
        raise errors.BalanceLimitExceeded(
            *(
                with_code(cents, order.currency)
                for cents in (MAX_BALANCE_CENTS, found.balance_cents, order.amount_cents)
            )
        )
    guard = used_keys.fence(found.generation)
    if found.balance_cents + order.amount_cents < 0:
        if order.kind == MovementKind.ADJUSTMENT:  # by the operator, who can ask again
            raise _insufficient(found.balance_cents, -order.amount_cents, order.currency)
        return _try(refusal(order, guard), commit)
    allowance = _allowance(order, found.limits, found.destinations)
    if refused := refusal_by_limit(order, guard, allowance, found.spent):
        return _try(refused, commit)
    if not _is_counted(order, found.spent):
        order = replace(order, limit_day=None)
    return _try(attempt(order, guard, allowance), commit)


def _allowance(
    order: Order, own: Own, destinations: Mapping[str, datetime] | None = None
) -> Allowance:
    """By the limits that concern the order, of the settings and of its wallet.

    `destinations`: of the wallet, if it was looked up.
    """
    if order.kind not in DEBITS:
        return FREE
    allowance = allowance_of(order.currency, own)
    if allowance.limits.new_destinations_cents is None:
        return allowance
    digest = digest_of(order.user, order.destination or "")
    remembered = recent.destinations.get((order.user, digest))
    since = remembered if destinations is None else destinations.get(digest)
    if since != remembered:
        recent.destinations.put((order.user, digest), since)
    return replace(allowance, digest=digest, since=since)


def _is_counted(refund: Order, spent: Mapping[str, Spent]) -> bool:
    """Whether the wallet still counts what the refund would give back. A day that is over does not
    come again."""
    of_day = spent.get(refund.limit_day or "", Spent())
    new_cents = refund.amount_cents if refund.to_new_destination else 0
    return (
        of_day.count > 0 and of_day.cents >= refund.amount_cents and of_day.new_cents >= new_cents
    )


def _try(attempt: Attempt, commit: Commit) -> Receipt | None:
    order = attempt.order
    try:
        committed = commit(attempt)
    except OperationFailure as error:
        if is_damage(error):
            raise damaged(order.user, f"the database refuses its update, {error.code}") from error
        raise
    if committed is None:
        return None
    hint = recent.WalletHint(order.currency, committed.sealed_filters, committed.layers)
    recent.wallets.put(order.user, hint)
    batch, before = settings().relay_batch, committed.uncopied - attempt.moves_money
    if order.kind == MovementKind.WITHDRAWAL and order.gateway is not None:
        worker.enqueue_at_once(order.user)  # its payout begins with the copy
    elif committed.uncopied // batch > before // batch:
        worker.enqueue(order.user)  # by the one process whose commit fills a batch of the relay
    return _receipt(attempt, committed)


def _receipt(attempt: Attempt, committed: Committed) -> Receipt:
    order, refused = attempt.order, not attempt.moves_money
    return Receipt(
        id=attempt.movement["id"],
        status=first_status(refused, order.gateway),
        amount_cents=abs(order.amount_cents),
        currency=order.currency,
        balance_cents=committed.balance_cents,
        created_at=attempt.movement["at"],
        destination=order.destination,
        refused=refused,
        exceeded=attempt.movement.get("exceeded"),
    )


def _answered(receipt: Receipt, order: Order) -> Receipt:
    if order.key is not None:
        recent.answered_keys.put((order.user, order.scoped_key), True)
    if receipt.exceeded is not None:
        detail = wording.detail(receipt.exceeded, receipt.amount_cents, receipt.currency)
        raise errors.LimitExceeded(detail, receipt.exceeded, replayed=receipt.replayed)
    if receipt.refused:
        raise _insufficient(
            receipt.balance_cents,
            receipt.amount_cents,
            receipt.currency,
            replayed=receipt.replayed,
        )
    return receipt


def _insufficient(
    balance_cents: int, amount_cents: int, currency: str, *, replayed: bool = False
) -> errors.InsufficientFunds:
    balance, amount = with_code(balance_cents, currency), with_code(amount_cents, currency)
    return errors.InsufficientFunds(balance, amount, replayed=replayed)


def _make_space(users: Sequence[ObjectId]) -> list[int | Exception]:
    """Copy full outboxes: each by the first thread that finds it full, while the others wait."""
    full = {f"outbox.{settings().outbox_limit - 1}": {"$exists": True}}
    each = dict.fromkeys(users)
    copied = dict(zip(each, run_each(each, partial(copy.copy_outbox, only_if=full)), strict=True))
    return [copied[user] for user in users]


_space = Batcher(_make_space)
