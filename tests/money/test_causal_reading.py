"""After a command of several wallets the reading must see what the command has done.

On a replica set, where a primary that has just been elected may lag behind the write. What a
server that lags would answer cannot be brought about at will: the reading has to ask for the time
of the write, and MongoDB then waits for it.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask
from pymongo import MongoClient

from tests.mutants import Mutant, writes
from tests.support.batches import attempt_of, together
from tests.support.books import assert_books_balance
from tests.support.commands import recorder
from tests.support.interleaving import held_before
from tests.support.people import funded
from wallet_api import config, database
from wallet_api.documents.kinds import MovementKind
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.movements import Order
from wallet_api.movements.group_commit import bulk
from wallet_api.movements.relay.copy import copy_outbox

ELECTION_SECONDS = 30


@pytest.fixture(scope="module")
def replica_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a set of one."""
    with EmbeddedMongo(tmp_path_factory.mktemp("set"), ["--replSet", "one"]) as server:
        host = server.uri.split("/")[2]
        with MongoClient(f"mongodb://{host}/?directConnection=true") as client:
            member = {"_id": 0, "host": host}
            client.admin.command("replSetInitiate", {"_id": "one", "members": [member]})
            until = time.monotonic() + ELECTION_SECONDS
            while not client.admin.command("hello")["isWritablePrimary"]:
                assert time.monotonic() < until, "no primary was elected"
                time.sleep(0.05)
        yield server.uri


@pytest.fixture
def on_the_set(
    app: Flask, replica_set: str, monkeypatch: pytest.MonkeyPatch, interposed: None
) -> Iterator[None]:
    monkeypatch.setenv("MONGO_URI", replica_set)
    config.settings.cache_clear()
    database.connect(config.settings())
    database.ensure_indexes()
    yield
    database.disconnect()


def deposit(user: ObjectId) -> Order:
    return Order(user, MovementKind.DEPOSIT, 1, "INR")


def commands_of_two_wallets(meanwhile: Callable[[ObjectId], Any] | None) -> list[dict[str, Any]]:
    """What is sent for one deposit each; `meanwhile` happens to the first after the update."""
    users = [funded(100), funded(100)]
    batch = [attempt_of(deposit(user)) for user in users]
    with recorder.recording() as commands:
        if meanwhile is None:
            together(batch)
        else:
            held_before(2, lambda: together(batch), lambda: meanwhile(users[0]))
    for user in users:
        assert_books_balance(user)
    return [each for each in commands if each["lsid"] == commands[0]["lsid"]]


def others_come(user: ObjectId) -> None:
    for _ in range(bulk.RECENT + 1):
        together([attempt_of(deposit(user))])


READINGS = {
    "at the end of the outbox": (None, ["update", "find"]),
    "further back": (others_come, ["update", "find", "find"]),
    "in the records": (copy_outbox, ["update", "find", "find", "find"]),
}


def asked_for_the_write(command: dict[str, Any]) -> bool:
    return "afterClusterTime" in command.get("readConcern", {})


@pytest.mark.usefixtures("on_the_set")
@pytest.mark.parametrize("place", READINGS)
def test_every_reading_asks_for_what_the_update_has_done(place: str) -> None:
    meanwhile, names = READINGS[place]

    commands = commands_of_two_wallets(meanwhile)

    assert [next(iter(each)) for each in commands] == names
    assert [asked_for_the_write(each) for each in commands[1:]] == [True] * len(commands[1:])


@pytest.mark.usefixtures("on_the_set")
def test_without_a_causal_session_no_reading_would_ask_for_it(
    mutate: Callable[[Mutant], None],
) -> None:
    mutate(writes.no_causal_session)

    commands = commands_of_two_wallets(None)

    assert not any(asked_for_the_write(each) for each in commands)
