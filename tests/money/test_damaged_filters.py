"""A filter of used keys that is damaged lets no key pay again: it is out of service, by name."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId

from tests.mutants import Mutant, keys
from tests.support.books import balance_of
from tests.support.people import Person, funded
from wallet_api import errors
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import Order, post
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import bloom_filter, recent

pytestmark = pytest.mark.usefixtures("app")

DAMAGED: dict[str, Any] = {
    "null": None,
    "a text": "none",
    "a number": 7,
    "a document": {"0": bytes(256)},
    "no layers": [],
    "a layer of nothing": [b""],
    "a layer that is cut off": [bytes(255)],
    "a layer that is a text": ["x" * 256],
    "a layer that is null": [None],
    "a layer of another's size": [bytes(2048)],
    "a layer too many": [bytes(256), bytes(2048)],
}


def withdrawal(user: ObjectId, key: str | None) -> Order:
    return Order(user, MovementKind.WITHDRAWAL, -10, "INR", key, "bank")


def paid_once(key: str = "rent") -> ObjectId:
    """A wallet of 90, whose key has left the outbox; and a process that knows nothing of it."""
    user = funded(100)
    post(withdrawal(user, key))
    copy_outbox(user)
    recent.clear()
    return user


def set_filter(user: ObjectId, layers: Any) -> None:
    Wallet._get_collection().update_one({"user": user}, {"$set": {"seenKeys": layers}})


def is_refused(order: Order) -> bool:
    try:
        post(order)
    except errors.OutOfService:
        return True
    return False


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("key", ["rent", "new"])
def test_no_key_pays_by_a_damaged_filter(name: str, key: str) -> None:
    user = paid_once()
    set_filter(user, DAMAGED[name])

    refused = is_refused(withdrawal(user, key))

    assert refused
    assert balance_of(user) == 90


@pytest.mark.parametrize("count", [None, "1", 200, -1])
def test_no_key_pays_where_the_count_is_damaged(count: Any) -> None:
    user = paid_once()
    Wallet._get_collection().update_one({"user": user}, {"$set": {"seenCount": count}})

    is_refused(withdrawal(user, "rent"))

    assert balance_of(user) == 90


def test_a_filter_of_zeros_is_asked_in_vain_and_the_record_tells() -> None:
    user = paid_once()
    set_filter(user, [bytes(256)])

    again = post(withdrawal(user, "rent"))

    assert (again.replayed, balance_of(user)) == (True, 90)


@pytest.mark.parametrize("name", DAMAGED)
def test_the_relay_does_not_mend_it_by_forgetting(name: str) -> None:
    user = paid_once()
    set_filter(user, DAMAGED[name])
    post(withdrawal(user, None))

    with pytest.raises(errors.OutOfService):
        copy_outbox(user)

    wallet = Wallet._get_collection().find_one({"user": user})
    assert wallet is not None
    assert (wallet["seenKeys"], len(wallet["outbox"])) == (DAMAGED[name], 1)
    assert LedgerEntry.objects(user=user).count() == 2
    assert Withdrawal.objects(user=user).count() == 1


@pytest.mark.parametrize("layers", [None, "none", [], [b""], [bytes(255)]])
def test_no_key_pays_by_a_damaged_sealed_filter(
    layers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bloom_filter, "LAYER_BYTES", (256,))
    monkeypatch.setattr(bloom_filter, "CAPACITY", (1,))
    user = paid_once()
    post(withdrawal(user, "food"))
    copy_outbox(user)
    changed = SealedKeyFilter._get_collection().update_one(
        {"user": user}, {"$set": {"seenKeys": layers}}
    )
    recent.clear()
    recent.wallets.put(user, recent.WalletHint("INR", sealed_filters=1))

    again = post(withdrawal(user, "rent"))

    assert again.replayed
    assert (changed.modified_count, balance_of(user)) == (1, 80)


def test_a_client_is_told_that_it_is_out_of_service(alice: Person) -> None:
    alice.deposits(100)
    alice.withdraws(10, "rent")
    copy_outbox(alice.id)
    recent.clear()
    set_filter(alice.id, None)

    answer = alice.withdraws(10, "rent")

    assert (answer.status_code, answer.get_json()["code"]) == (503, "out_of_service")
    assert balance_of(alice.id) == 90_00


def test_a_condition_that_believes_every_layer_pays_twice(mutate: Callable[[Mutant], None]) -> None:
    mutate(keys.layers_are_believed)
    user = paid_once()
    set_filter(user, None)

    again = post(withdrawal(user, "rent"))

    assert (again.replayed, balance_of(user)) == (False, 80)
