"""What the benchmarks call the limit sends MongoDB what the service sends it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from bson import ObjectId
from pymongo.database import Database

from benchmarks.cases import REPLAYED_KEY
from benchmarks.limit_operations import Operations
from tests.support.commands import recorder
from tests.support.people import Person
from wallet_api.config import settings
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import bloom_filter

OF_THE_COMMAND = ("query", "filter", "update", "updates", "projection", "fields", "pipeline")
"""Which say what is asked; sessions and times are each driver's own."""


@pytest.fixture
def limit(db: Database) -> Operations:
    return Operations(db, settings().outbox_limit)


def sent(act: Callable[[], object]) -> list[Any]:
    with recorder.recording() as commands:
        act()
    return [
        (next(iter(each)), {name: shape(each[name]) for name in OF_THE_COMMAND if name in each})
        for each in commands
    ]


def shape(value: Any) -> Any:
    """What two commands of the same meaning have in common."""
    match value:
        case ObjectId() | datetime() | bytes():
            return type(value).__name__
        case {"$bitsAllSet": list(positions)}:
            return len(positions)
        case Mapping():
            return {name: shape(each) for name, each in value.items()}
        case list():
            return [shape(each) for each in value]
    return value


def test_a_withdrawal_and_its_replay(alice: Person, limit: Operations) -> None:
    alice.deposits(100)
    destination = "bank-account-0001"

    ours = sent(lambda: alice.withdraws(1, REPLAYED_KEY, destination))
    again = sent(lambda: alice.withdraws(1, REPLAYED_KEY, destination))[:1]

    assert ours[0][0] == "findAndModify"
    assert again[0][0] == "aggregate"
    assert sent(lambda: limit.withdraw(alice.id, REPLAYED_KEY[::-1])) == with_key(ours)
    assert sent(lambda: limit.replay(alice.id, "")) == again


def test_a_withdrawal_where_many_keys_have_been_used(
    alice: Person, limit: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One command for each, once the wallet's filter has grown."""
    monkeypatch.setattr(bloom_filter, "CAPACITY", (2, 100, 100))
    alice.deposits(100)
    for key in "abcd":
        limit.withdraw(alice.id, key)
        copy_outbox(alice.id)
    limit.withdraw(alice.id, "e")

    assert [name for name, _ in sent(lambda: limit.withdraw(alice.id, "f"))] == ["findAndModify"]


def with_key(commands: list[Any]) -> list[Any]:
    """The same with the key that reads backwards."""
    key = f"withdrawal:{REPLAYED_KEY}"
    other = f"withdrawal:{REPLAYED_KEY[::-1]}"

    def renamed(value: Any) -> Any:
        match value:
            case dict():
                return {name: renamed(each) for name, each in value.items()}
            case list():
                return [renamed(each) for each in value]
        return other if value == key else value

    return [(name, renamed(members)) for name, members in commands]


def test_a_deposit(alice: Person, limit: Operations) -> None:
    alice.deposits(1, currency="INR")

    ours = sent(lambda: alice.deposits(1, currency="INR"))

    assert sent(lambda: limit.deposit(alice.id, "")) == ours


def test_a_balance(alice: Person, limit: Operations) -> None:
    ours = sent(alice.balance)

    assert sent(lambda: limit.balance(alice.id, "")) == ours


def test_the_relay(alice: Person, bob: Person, limit: Operations) -> None:
    """What it inserts differs by the hash chain, which the limit spares itself."""
    for person in (alice, bob):
        person.deposits(100)
        person.withdraws(1, "k")

    ours = sent(lambda: copy_outbox(alice.id))
    theirs = sent(lambda: limit.copy_outbox(bob.id))

    assert theirs == ours
    assert bob.withdraws(1, "k").headers["Idempotent-Replayed"] == "true"


def test_a_wallet(alice: Person, limit: Operations, db: Database) -> None:
    other = ObjectId()

    limit.open_wallet(other)

    ours, theirs = (db.wallets.find({"user": user}).next() for user in (alice.id, other))
    assert shape(theirs | {"balanceCents": 0}) == shape(ours)
