"""Every place at which one action can be held while another runs, and what is wrong afterwards."""

import contextlib
from collections.abc import Callable
from functools import partial

from bson import ObjectId

from tests.support.books import assert_books_balance, balance_of, withdrawals_of
from tests.support.interleaving import held_before
from tests.support.people import funded
from wallet_api import errors
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import post
from wallet_api.movements.limits import own
from wallet_api.movements.orders import Order
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import recent, sealed_filters
from wallet_api.withdrawals import reversal

MOST_OPERATIONS = 40


def everywhere(
    prepare: Callable[[], ObjectId],
    action: Callable[[ObjectId], object],
    meanwhile: Callable[[ObjectId], object],
    balance: int | Callable[[ObjectId], int],
) -> list[str]:
    """What is wrong with the books for each place at which the action was held."""
    wrong = []
    for n in range(1, MOST_OPERATIONS):
        user = prepare()
        try:
            if not held_before(n, partial(action, user), partial(meanwhile, user)):
                return wrong
            assert_books_balance(user)
            expected = balance if isinstance(balance, int) else balance(user)
            assert balance_of(user) == expected, balance_of(user)
        except Exception as error:
            wrong.append(f"held before operation {n}: {error!r}")
    raise AssertionError("the action never ended")


def _withdraw(user: ObjectId, key: str | None = "k", amount_cents: int = 100) -> None:
    with contextlib.suppress(errors.InsufficientFunds, errors.LimitExceeded):
        post(Order(user, MovementKind.WITHDRAWAL, -amount_cents, "INR", key, "bank"))


def same_key_that_crosses(
    *, looks_up_first: bool = False, keys_before: int = 0, keys_after: int = 0
) -> list[str]:
    """Meanwhile the same key commits, is copied, and is answered again."""

    def prepare() -> ObjectId:
        user = funded(1000)
        for number in range(keys_before):
            _withdraw(user, f"before {number}")
            copy_outbox(user)
        if looks_up_first:
            recent.wallets.put(user, recent.WalletHint("INR", sealed_filters.MAX_PER_WALLET + 1))
        return user

    def meanwhile(user: ObjectId) -> None:
        for _ in range(2):
            _withdraw(user)
            copy_outbox(user)
            recent.clear()
        for number in range(keys_after):
            _withdraw(user, f"after {number}")
            copy_outbox(user)

    balance = 1000 - 100 * (keys_before + 1 + keys_after)
    return everywhere(prepare, _withdraw, meanwhile, balance)


def relays_that_cross() -> list[str]:
    """Meanwhile another relay copies twice, with new movements; then their keys come again."""

    def prepare() -> ObjectId:
        user = funded(1000)
        _withdraw(user, "first")
        return user

    def again(user: ObjectId) -> None:
        for key in ("first", "second", "third"):
            recent.clear()
            _withdraw(user, key)

    def meanwhile(user: ObjectId) -> None:
        for key in ("second", "third"):
            _withdraw(user, key)
            copy_outbox(user)

    def copy_then_again(user: ObjectId) -> None:
        copy_outbox(user)
        again(user)

    return everywhere(prepare, copy_then_again, meanwhile, balance=700)


def spends_that_cross() -> list[str]:
    """Meanwhile everything is spent."""

    def action(user: ObjectId) -> None:
        _withdraw(user, "one", 1000)

    def meanwhile(user: ObjectId) -> None:
        _withdraw(user, "two", 1000)

    return everywhere(lambda: funded(1000), action, meanwhile, balance=0)


def reversals_that_cross() -> list[str]:
    """Meanwhile the same withdrawal is reversed."""

    def prepare() -> ObjectId:
        user = funded(1000)
        _withdraw(user)
        copy_outbox(user)
        return user

    def reverse(user: ObjectId) -> None:
        (withdrawal,) = withdrawals_of(user)
        reversal.reverse(str(withdrawal["_id"]), "account closed")

    return everywhere(prepare, reverse, reverse, balance=1000)


def withdrawals_that_cross_a_limit() -> list[str]:
    """Meanwhile another withdrawal takes what was left of the day; each would fit by itself."""

    def action(user: ObjectId) -> None:
        _withdraw(user, "one", 60)

    def meanwhile(user: ObjectId) -> None:
        _withdraw(user, "two", 60)

    return everywhere(lambda: funded(1000), action, meanwhile, balance=940)


def limits_that_are_set_meanwhile() -> list[str]:
    """Meanwhile an operator forbids the wallet every withdrawal: none commits after that."""
    then: dict[ObjectId, int] = {}

    def prepare() -> ObjectId:
        user = funded(1000)
        _withdraw(user, "before", 10)
        return user

    def action(user: ObjectId) -> None:
        _withdraw(user, "one", 60)

    def meanwhile(user: ObjectId) -> None:
        own.set_limits(user, {"count_per_day": 0})
        then[user] = balance_of(user)

    return everywhere(prepare, action, meanwhile, balance=lambda user: then[user])


def refunds_that_cross_withdrawals() -> list[str]:
    """Meanwhile a withdrawal takes what is left, without or with the share that comes back."""

    def prepare() -> ObjectId:
        user = funded(1000)
        _withdraw(user, "failed", 60)
        copy_outbox(user)
        return user

    def reverse(user: ObjectId) -> None:
        (withdrawal,) = (w for w in withdrawals_of(user) if w["amountCents"] == 60)
        reversal.reverse(str(withdrawal["_id"]), "account closed")

    def meanwhile(user: ObjectId) -> None:
        reverse(user)
        _withdraw(user, "rest", 100)
        _withdraw(user, "too much", 1)

    return everywhere(prepare, reverse, meanwhile, balance=900)
