"""Once a user's logins have been ended, nothing of an earlier login is committed or read."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from bson import ObjectId

from tests.mutants import Mutant, people
from tests.support.batches import Done, attempt_of, together
from tests.support.books import assert_books_balance, balance_of, sweep_everything
from tests.support.interleaving import held_before
from tests.support.people import funded
from wallet_api.callers import ANY_EPOCH, Caller
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import Unauthenticated
from wallet_api.movements import Order, post, settled, wallets
from wallet_api.movements.used_keys import recent
from wallet_api.movements.wallets import end_logins, read_wallet, set_active

pytestmark = pytest.mark.usefixtures("app", "interposed")

KINDS = {MovementKind.DEPOSIT: 10, MovementKind.WITHDRAWAL: -10}


def order(user: ObjectId, kind: str, key: str | None = None) -> Order:
    return Order(user, kind, KINDS[MovementKind(kind)], "INR", key, "bank")


@pytest.mark.usefixtures("both_commits")
@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_earlier_login_moves_nothing_and_a_later_one_does(kind: str, key: str | None) -> None:
    user = funded(100)
    old, epoch = order(user, kind, key), end_logins(user)

    with pytest.raises(Unauthenticated):
        post(old)

    assert balance_of(user) == 100
    assert post(replace(old, epoch=epoch)).balance_cents == 100 + KINDS[MovementKind(kind)]
    assert_books_balance(user)


def test_a_login_of_the_same_second_counts_and_each_end_ends_the_one_before() -> None:
    user = funded(100)

    first = end_logins(user)
    second = end_logins(user)

    with pytest.raises(Unauthenticated):
        read_wallet(Caller(user, first))
    assert read_wallet(Caller(user, second)).balance_cents == 100


@pytest.mark.parametrize("copied", [False, True])
def test_a_key_is_not_answered_to_an_earlier_login(copied: bool) -> None:
    user = funded(100)
    old = order(user, MovementKind.WITHDRAWAL, "k")
    first = post(old)
    if copied:
        sweep_everything()
        recent.clear()
    epoch = end_logins(user)

    for asked in old, replace(old, destination="another"):
        with pytest.raises(Unauthenticated):
            post(asked)

    again = post(replace(old, epoch=epoch))
    assert (again.id, again.replayed) == (first.id, True)


@pytest.mark.parametrize("read", [read_wallet, settled])
def test_an_earlier_login_reads_nothing(read: Callable[[Caller], object]) -> None:
    user = funded(100)
    read(Caller(user))
    epoch = end_logins(user)

    for ended in (None, ObjectId()):
        with pytest.raises(Unauthenticated):
            read(Caller(user, ended))
    read(Caller(user, epoch))


def test_what_no_login_has_allowed_goes_on() -> None:
    user = funded(100)
    end_logins(user)

    post(Order(user, MovementKind.ADJUSTMENT, 5, "INR"))
    post(replace(order(user, MovementKind.DEPOSIT), epoch=ANY_EPOCH))

    assert read_wallet(Caller(user, ANY_EPOCH)).balance_cents == 115


def test_logins_before_and_after_in_one_batch_are_told_apart() -> None:
    user, other = funded(100), funded(100)
    old = order(user, MovementKind.WITHDRAWAL, "a")
    epoch = end_logins(user)
    new = replace(order(user, MovementKind.WITHDRAWAL, "b"), epoch=epoch)
    adjustment = Order(user, MovementKind.ADJUSTMENT, 5, "INR")
    beside = order(other, MovementKind.WITHDRAWAL)

    outcomes = together([attempt_of(each) for each in (old, new, adjustment, beside)])

    assert outcomes[0] is None
    assert [isinstance(each, Done) for each in outcomes[1:]] == [True] * 3
    assert (balance_of(user), balance_of(other)) == (95, 90)
    assert_books_balance(user)


@pytest.mark.parametrize("looks_up_first", [False, True])
def test_nothing_of_an_earlier_login_commits_after_the_end_has_returned(
    looks_up_first: bool,
) -> None:
    """The movement is held before each of its operations, and the logins are ended meanwhile."""
    for n in count(1):
        user = funded(100)
        old = order(user, MovementKind.WITHDRAWAL, "k")
        if looks_up_first:
            recent.answered_keys.put((user, old.scoped_key), True)
        after_the_end: list[int] = []

        def end(user: ObjectId = user, seen: list[int] = after_the_end) -> None:
            end_logins(user)
            seen.append(balance_of(user))

        if not held_before(n, lambda old=old: post(old), end):
            break

        assert after_the_end == [balance_of(user)], f"held before operation {n}"
    assert n == (3 if looks_up_first else 2)


def test_the_check_above_finds_a_commit_without_the_condition(
    mutate: Callable[[Mutant], None],
) -> None:
    mutate(people.no_epoch_condition)

    with pytest.raises(AssertionError, match="held before operation 1"):
        test_nothing_of_an_earlier_login_commits_after_the_end_has_returned(False)


def test_a_reactivation_revives_no_login() -> None:
    user = funded(100)
    set_active(user, False)
    set_active(user, True)

    with pytest.raises(Unauthenticated):
        read_wallet(Caller(user))
    with pytest.raises(Unauthenticated):
        post(order(user, MovementKind.WITHDRAWAL))


def test_the_logins_of_a_deactivated_wallet_cannot_be_ended_to_begin_new_ones() -> None:
    """The new epoch would count once the wallet is active again."""
    user = funded(100)
    set_active(user, False)
    before = Wallet.objects.get(user=user).token_epoch

    with pytest.raises(Unauthenticated):
        end_logins(user)

    assert Wallet.objects.get(user=user).token_epoch == before


def test_the_check_of_reactivation_finds_a_deactivation_that_ends_no_login(
    mutate: Callable[[Mutant], None],
) -> None:
    mutate(people.logins_go_on_after_a_deactivation)
    user = funded(100)
    wallets.set_active(user, False)
    wallets.set_active(user, True)

    assert read_wallet(Caller(user)).balance_cents == 100
