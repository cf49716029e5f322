"""Filters that were full: sealed before the wallet lets go of them, and asked ever after."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import PyMongoError

from tests.money.interleavings import same_key_that_crosses
from tests.mutants import Mutant, keys, relay
from tests.support.books import assert_books_balance, balance_of
from tests.support.commands import recorder
from tests.support.interleaving import crashing
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import Order, post
from wallet_api.movements.relay import copy
from wallet_api.movements.used_keys import bloom_filter, recent, sealed_filters
from wallet_api.movements.used_keys.sliced_filters import SlicedFilters

pytestmark = pytest.mark.usefixtures("app", "tiny_filter")

Patch = pytest.MonkeyPatch
Mutate = Callable[[Mutant], None]


def order(user: ObjectId, key: str) -> Order:
    return Order(user, MovementKind.WITHDRAWAL, -1, "INR", key, "bank")


def keyed(user: ObjectId, *keys: str) -> None:
    """One movement by each key, each copied by itself."""
    for key in keys:
        post(order(user, key))
        copy.copy_outbox(user)


def sealed_of(user: ObjectId) -> list[dict[str, Any]]:
    return list(SealedKeyFilter._get_collection().find({"user": user}).sort("number", 1))


def commands_of(order: Order) -> list[str]:
    with recorder.recording() as commands:
        post(order)
    return [next(iter(command)) for command in commands]


def is_known(user: ObjectId, key: str) -> bool:
    wallet = Wallet._get_collection().find_one({"user": user})
    filters = [wallet["seenKeys"], *(each["seenKeys"] for each in sealed_of(user))]
    return bloom_filter.might_contain(filters, bloom_filter.positions_of(user, f"withdrawal:{key}"))


def test_a_full_filter_is_sealed_and_the_wallet_starts_a_new_one() -> None:
    user = funded(1000)

    keyed(user, *"abcde")

    wallet = Wallet.objects.get(user=user)
    assert (wallet.sealed_filters, wallet.seen_count) == (2, 1)
    assert [each["number"] for each in sealed_of(user)] == [1, 2]
    assert all(is_known(user, key) for key in "abcde")
    assert not is_known(user, "f")


def test_a_wallet_with_sealed_filters_takes_one_round_trip_once_they_are_here() -> None:
    user = funded(1000)
    keyed(user, *"abcde")
    recent.clear()

    looked_up = ["findAndModify", "aggregate", "findAndModify"]
    assert commands_of(order(user, "f")) == looked_up
    assert commands_of(order(user, "g")) == ["find", "findAndModify"]
    assert commands_of(order(user, "h")) == ["findAndModify"]
    copy.copy_outbox(user)
    keyed(user, "i")
    assert commands_of(order(user, "j")) == looked_up, "there is one more"
    assert commands_of(order(user, "k")) == ["find", "findAndModify"]
    assert len(sealed_filters.cache.get(user)) == 3
    assert_books_balance(user)


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_keys_of_sealed_filters_are_never_new_again(forgotten: bool) -> None:
    user = funded(1000)
    keyed(user, *"abcde")

    for key in "abcde":
        if forgotten:
            recent.clear()
        assert post(order(user, key)).replayed

    assert balance_of(user) == 995


def test_more_sealed_filters_than_are_kept_are_not_read(monkeypatch: Patch) -> None:
    monkeypatch.setattr(sealed_filters, "MAX_PER_WALLET", 1)
    user = funded(1000)
    keyed(user, *"abcde")
    recent.wallets.put(user, recent.WalletHint("INR", 2))

    assert commands_of(order(user, "f")) == ["aggregate", "findAndModify"]


def test_a_sealed_filter_that_is_missing_is_not_taken_for_empty() -> None:
    user = funded(1000)
    keyed(user, *"abcde")
    SealedKeyFilter._get_collection().delete_one({"user": user, "number": 1})
    recent.clear()
    recent.wallets.put(user, recent.WalletHint("INR", 2))

    assert commands_of(order(user, "f")) == ["find", "aggregate", "findAndModify"]
    assert post(order(user, "a")).replayed


def test_a_full_cache_drops_the_oldest_and_is_left_alone_for_a_while(monkeypatch: Patch) -> None:
    cache = sealed_filters.Cache()
    one = SlicedFilters(rest=[[b""]])
    users = [ObjectId() for _ in range(sealed_filters.MAX_FILTERS + 1)]
    monkeypatch.setattr(sealed_filters, "PAUSE_SECONDS", 60)
    for user in users[:-1]:
        assert cache.can_admit(1)
        cache.put(user, one)

    assert cache.get(users[0])
    assert cache.can_admit(1), "nothing had to go so far"
    cache.put(users[-1], one)

    assert not cache.get(users[0])
    assert cache.get(users[1])
    assert cache.get(users[-1])
    assert not cache.can_admit(1)
    monkeypatch.setattr(sealed_filters, "PAUSE_SECONDS", 0)
    cache.put(users[0], one)
    assert cache.can_admit(1)


@pytest.mark.slow
@pytest.mark.usefixtures("interposed")
@pytest.mark.parametrize("looks_up", [False, True])
@pytest.mark.parametrize(("before", "after"), [(0, 2), (1, 1), (1, 3), (2, 4), (4, 2)])
def test_a_key_moves_once_wherever_its_first_request_slept(
    before: int, after: int, looks_up: bool
) -> None:
    crossed = same_key_that_crosses(looks_up_first=looks_up, keys_before=before, keys_after=after)

    assert crossed == []


@pytest.mark.usefixtures("interposed")
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_relay_that_crashed_anywhere_forgets_no_key(after: bool) -> None:
    n, struck = 0, True
    while struck:
        n += 1
        user = funded(1000)
        keyed(user, "a", "b")
        post(order(user, "c"))

        struck = crashing(n, after=after, action=lambda user=user: copy.copy_outbox(user))
        post(order(user, "d"))
        keyed(user, "e", "f")
        recent.clear()

        assert [key for key in "abcdef" if not post(order(user, key)).replayed] == []
        assert_books_balance(user)
    assert n - 1 == 5, "the read, the entry, the withdrawal, the sealed filter, the truncation"


@pytest.mark.usefixtures("interposed")
def test_a_commit_that_does_not_demand_its_number_of_sealed_filters_moves_a_key_twice(
    mutate: Mutate,
) -> None:
    mutate(keys.no_count_of_sealed_filters)

    assert same_key_that_crosses(keys_after=2) != []


def test_a_commit_that_asks_no_sealed_filter_moves_a_key_twice(mutate: Mutate) -> None:
    mutate(keys.no_question_to_sealed_filters)
    user = funded(1000)
    keyed(user, *"abcd")
    recent.answered_keys.clear()

    assert not post(order(user, "a")).replayed


@pytest.mark.usefixtures("interposed")
def test_a_filter_sealed_after_the_truncation_is_lost_in_a_crash(mutate: Mutate) -> None:
    mutate(relay.sealed_after_truncation)
    user = funded(1000)
    keyed(user, "a", "b")
    post(order(user, "c"))

    crashing(4, after=True, action=lambda: copy.copy_outbox(user))

    assert not is_known(user, "a")


def test_a_filter_that_cannot_be_sealed_is_kept(monkeypatch: Patch) -> None:
    user = funded(1000)
    keyed(user, "a", "b")
    post(order(user, "c"))
    other = {"_id": ObjectId(), "user": user, "number": 1, "seenKeys": []}
    SealedKeyFilter._get_collection().insert_one(other)

    with pytest.raises(PyMongoError):
        copy.copy_outbox(user)

    wallet = Wallet.objects.get(user=user)
    assert (wallet.sealed_filters, wallet.seen_count, len(wallet.outbox)) == (0, 2, 1)
