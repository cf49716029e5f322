"""A migration that is killed anywhere goes on from there, and two at once do no harm."""

from collections.abc import Callable

import pytest
from bson import ObjectId
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.money.audit_books import audited
from tests.moving_in import test_older_code as older_code
from tests.moving_in.original import (
    ADA,
    ADAS_CENTS,
    ADAS_PASSWORD,
    GRACES_CENTS,
    RENT,
    RENT_KEY,
    clear,
    empty,
    load,
    logged_in,
    user_of,
)
from tests.support.books import sweep_everything
from tests.support.interleaving import crashing, held_before
from wallet_api.migrations import run
from wallet_api.migrations.report import Report
from wallet_api.movements.used_keys import recent

pytestmark = [pytest.mark.usefixtures("interposed"), pytest.mark.lengthy]

LINGERING = next(iter(older_code.WRITTEN))
MANY = 200
"""More operations than a migration has."""


def migrate() -> None:
    run.migrate(Report(dry_run=False))


def each_operation(attempt: Callable[[int], bool]) -> int:
    """Attempt it at operation 1, 2, 3 ... until there are no more; how many there were."""
    for n in range(1, MANY):
        if not attempt(n):
            return n - 1
    raise AssertionError("there is no end to it")


def assert_moved_in(client: FlaskClient) -> None:
    books = audited("--verify-chain")
    assert books.differences == []
    assert books.summary["totals"]["INR"]["adjustmentsCents"] == ADAS_CENTS + GRACES_CENTS
    ada = logged_in(client, ADA, ADAS_PASSWORD)
    assert ada.post("/withdrawals", RENT, RENT_KEY).headers["Idempotent-Replayed"] == "true"
    assert ada.balance() == ADAS_CENTS


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_the_original_is_moved_in_whatever_kills_the_migration(
    client: FlaskClient, twin: Database, after: bool
) -> None:
    def killed(n: int) -> bool:
        load(twin, clear)
        struck = crashing(n, after=after, action=migrate)
        migrate()
        assert_moved_in(client)
        return struck

    assert each_operation(killed) > 15


def test_two_migrations_at_once_do_no_harm(client: FlaskClient, twin: Database) -> None:
    def crossed(n: int) -> bool:
        load(twin, clear)
        held = held_before(n, migrate, migrate)
        assert_moved_in(client)
        return held

    assert each_operation(crossed) > 15


def test_money_that_the_original_still_moves_is_neither_lost_nor_made(
    client: FlaskClient, twin: Database
) -> None:
    """It should be stopped before. Until a wallet is ours, its balance may change all the same."""

    def crossed(n: int) -> bool:
        load(twin, clear)
        user = user_of(twin, "ada.lovelace@example.com")
        moved = [0]

        def deposit() -> None:
            still_theirs = {"user": user, "outbox": {"$exists": False}}
            change = {"$inc": {"balanceCents": 100_00}}
            moved[0] = 100_00 * twin.wallets.update_one(still_theirs, change).modified_count

        held = held_before(n, migrate, deposit)
        sweep_everything()
        assert audited("--verify-chain").differences == []
        assert logged_in(client, ADA, ADAS_PASSWORD).balance() == ADAS_CENTS + moved[0]
        return held

    assert each_operation(crossed) > 15


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_older_code_is_migrated_whatever_kills_the_migration(
    db: Database, tiny_filter: None, after: bool
) -> None:
    """With a filter that is full after two keys: more than one update is needed for its wallet."""

    def killed(n: int) -> bool:
        older_code.load(db, LINGERING, clear)
        struck = crashing(n, after=after, action=migrate)
        migrate()
        assert_older_is_whole(db)
        return struck

    assert each_operation(killed) > 15
    empty(db)


def test_two_migrations_of_older_code_do_no_harm(db: Database, tiny_filter: None) -> None:
    def crossed(n: int) -> bool:
        older_code.load(db, LINGERING, clear)
        held = held_before(n, migrate, migrate)
        assert_older_is_whole(db)
        return held

    assert each_operation(crossed) > 15
    empty(db)


def assert_older_is_whole(db: Database) -> None:
    user: ObjectId = db.wallets.find_one()["user"]  # type: ignore[index]
    for _ in "with two in the outbox", "with all copied":
        recent.clear()
        older_code.assert_every_old_key_is_a_replay(user)
        sweep_everything()
    assert audited("--verify-chain").differences == []
