"""What waits in an outbox is copied by the sweep, also where another wallet is corrupt."""

from datetime import timedelta

import pytest
from flask import Flask
from pymongo.database import Database

from tests.support.books import assert_books_balance, entries_of
from tests.support.people import funded
from wallet_api import clock
from wallet_api.movements.relay import worker

pytestmark = pytest.mark.usefixtures("app")


def test_a_sweep_copies_what_has_waited_and_leaves_what_is_new() -> None:
    user = funded(100)

    early = worker.sweep(clock.now() - timedelta(minutes=1))
    late = worker.sweep(clock.now())

    assert (early.movements, late.movements) == (0, 1)
    assert len(entries_of(user)) == 1


def test_a_movement_from_the_future_has_waited_long_enough(db: Database) -> None:
    user = funded(100)
    later = clock.now() + timedelta(minutes=10)
    db.wallets.update_one({"user": user}, {"$set": {"outbox.0.at": later}})

    swept = worker.sweep(clock.now() - timedelta(minutes=1))

    assert swept.movements == 1


def test_a_corrupt_wallet_does_not_keep_the_others_waiting(db: Database) -> None:
    corrupt, whole = funded(100), funded(200)
    db.wallets.update_one({"user": corrupt}, {"$unset": {"outbox.0.kind": ""}})

    swept = worker.sweep(clock.now())

    assert swept == worker.Swept(movements=1, failed=1)
    assert_books_balance(whole)


def test_the_command_says_how_much_it_copied(app: Flask, db: Database) -> None:
    for _ in range(3):
        funded(100)

    swept = app.test_cli_runner().invoke(args=["sweep"])

    assert (swept.exit_code, swept.output) == (0, "3 movements copied\n")


def test_the_command_fails_where_a_wallet_cannot_be_copied(app: Flask, db: Database) -> None:
    corrupt = funded(100)
    db.wallets.update_one({"user": corrupt}, {"$unset": {"outbox.0.kind": ""}})

    swept = app.test_cli_runner().invoke(args=["sweep"])

    assert swept.exit_code == 1
    assert "1 wallets cannot be copied" in swept.output
