"""A commit asks the layers that its process has seen: it notices one that came meanwhile."""

import pytest
from bson import ObjectId

from tests.support.books import balance_of
from tests.support.commands import recorder
from tests.support.people import funded
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import Order, post
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import bloom_filter, recent

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def _layers_of_two_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bloom_filter, "CAPACITY", (2, 2, 2))


def withdrawal(user: ObjectId, key: str) -> Order:
    return Order(user, MovementKind.WITHDRAWAL, -10, "INR", key, "bank")


def pay(user: ObjectId, *keys: str) -> None:
    for key in keys:
        post(withdrawal(user, key))
    copy_outbox(user)


def layers_of(user: ObjectId) -> int:
    wallet = Wallet._get_collection().find_one({"user": user})
    assert wallet is not None
    return len(wallet["seenKeys"])


def round_trips(user: ObjectId, key: str) -> int:
    with recorder.recording() as commands:
        assert not post(withdrawal(user, key)).replayed
    return len(commands)


@pytest.mark.parametrize("seen", [1, 2, 3])
def test_a_key_of_a_layer_that_came_meanwhile_does_not_pay_again(seen: int) -> None:
    """As a process that has seen so many layers sends it."""
    user = funded(100)
    pay(user, "a", "b", "c", "d", "e")
    assert layers_of(user) == 3

    for key in "abcde":
        recent.clear()
        recent.wallets.put(user, recent.WalletHint("INR", 0, seen))
        assert post(withdrawal(user, key)).replayed

    assert balance_of(user) == 50


def test_a_layer_that_came_meanwhile_is_learned_once() -> None:
    user = funded(100)
    pay(user, "a", "b", "c")
    recent.clear()

    trips = [round_trips(user, key) for key in ("new", "newer")]

    assert layers_of(user) == 2
    assert trips == [3, 1]


def test_a_new_wallet_takes_one_round_trip_before_and_after_its_first_copy() -> None:
    user = funded(100)
    recent.clear()

    first = round_trips(user, "a")
    copy_outbox(user)
    recent.clear()
    second = round_trips(user, "b")

    assert (first, second) == (1, 1)
