"""Wallets that cannot be copied keep no other waiting, however many they are."""

import time
from datetime import timedelta

import pytest
from bson import ObjectId
from flask import Flask
from pymongo.database import Database

from tests.conftest import NOT_DURABLE
from tests.support.books import assert_books_balance
from tests.support.commands import recorder
from tests.support.people import funded
from wallet_api import clock
from wallet_api.movements.relay import set_aside, worker

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.lengthy]

MANY = worker.WALLETS_PER_SWEEP + 1
SOON = 30.0


@pytest.fixture
def corrupt(db: Database) -> list[ObjectId]:
    """More wallets than a sweep copies. Each has waited longer than any that a test makes."""
    (wallet,) = db.wallets.find({"user": funded(100)})
    del wallet["outbox"][0]["kind"]
    wallet["outbox"][0]["at"] = clock.now() - timedelta(hours=1)
    db.wallets.delete_one({"_id": wallet["_id"]})
    wallets = [wallet | {"_id": ObjectId(), "user": ObjectId()} for _ in range(MANY)]
    db.wallets.with_options(write_concern=NOT_DURABLE).insert_many(wallets)
    return [each["user"] for each in wallets]


def test_one_sweep_comes_to_the_wallet_behind_them(corrupt: list[ObjectId]) -> None:
    whole = funded(200)

    swept = worker.sweep(clock.now())

    assert swept == worker.Swept(movements=1, failed=MANY)
    assert_books_balance(whole)


def test_they_are_not_tried_with_every_sweep(corrupt: list[ObjectId]) -> None:
    worker.sweep(clock.now())
    funded(200)

    with recorder.recording() as commands:
        swept = worker.sweep(clock.now())

    assert swept == worker.Swept(movements=1, failed=0)
    copies = [command for command in commands if "findAndModify" in command]
    assert len(copies) == 1, "the whole wallet's only"


def test_after_a_while_they_are_tried_again(
    corrupt: list[ObjectId], db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_aside, "SECONDS", 0.0)
    worker.sweep(clock.now())
    db.wallets.update_one({"user": corrupt[0]}, {"$set": {"outbox.0.kind": "deposit"}})

    swept = worker.sweep(clock.now())

    assert swept == worker.Swept(movements=1, failed=MANY - 1)


def test_a_memory_that_is_full_keeps_no_wallet_waiting(
    corrupt: list[ObjectId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_aside, "MAX_WALLETS", 10)

    for _ in range(2):
        whole = funded(200)
        assert worker.sweep(clock.now()).movements == 1
        assert_books_balance(whole)

    assert len(worker.set_aside) == 10


def test_one_that_is_due_is_left_alone_too(corrupt: list[ObjectId]) -> None:
    worker.sweep(clock.now())
    worker.due.put(corrupt[0])

    with recorder.recording() as commands:
        worker.copy_due()

    assert commands == []


def test_a_sweep_still_ends_after_so_many_that_it_could_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "WALLETS_PER_SWEEP", 3)
    for _ in range(5):
        funded(100)

    swept = [worker.sweep(clock.now()).movements for _ in range(3)]

    assert swept == [3, 2, 0]


def test_the_relays_thread_copies_the_wallet_behind_them(
    corrupt: list[ObjectId], db: Database
) -> None:
    whole = funded(200)

    worker.start()
    try:
        until = time.monotonic() + SOON
        while not db.ledger_entries.count_documents({"user": whole}):
            assert time.monotonic() < until, "it waits for ever"
            time.sleep(0.05)
    finally:
        worker.stop()


def test_the_command_copies_the_others_and_counts_each_once(
    app: Flask, corrupt: list[ObjectId]
) -> None:
    funded(200)

    swept = app.test_cli_runner().invoke(args=["sweep"])

    assert swept.exit_code == 1
    assert "1 movements copied\n" in swept.output
    assert f"{MANY} wallets cannot be copied" in swept.output
