"""A dry run says what a migration would do, and changes nothing."""

from bson import ObjectId
from pymongo.database import Database

from tests.moving_in import test_older_code as older_code
from tests.moving_in.original import ADA, empty, migrated, state_of
from tests.support.commands import recorder

READS = {"find", "getMore", "aggregate", "count", "listCollections", "listIndexes"}


def spoil(db: Database) -> None:
    """One of each thing that is reported, and each thing that is replaced."""
    ada = db.users.find_one({"email": "ada.lovelace@example.com"})
    assert ada is not None
    db.users.insert_one(ada | {"_id": ObjectId(), "email": ADA})
    db.wallets.update_one({"balanceCents": 5225}, {"$set": {"balanceCents": -1}})
    db.withdrawals.update_one({"amountCents": 3025}, {"$set": {"status": "pending"}})
    db.withdrawals.create_index("createdAt", unique=True, sparse=True)
    documents = older_code.WRITTEN[list(older_code.WRITTEN)[-1]]
    for name, some in documents.items():
        db[name].insert_many(some)


def test_it_changes_nothing_and_sends_no_write(twin: Database) -> None:
    spoil(twin)
    before = state_of(twin)

    with recorder.recording() as commands:
        moved = migrated("--dry-run")

    assert state_of(twin) == before
    assert {next(iter(command)) for command in commands} <= READS
    assert moved.output.startswith("Nothing is changed. It would be:\n")
    assert moved.exit_code == 1


def test_it_says_what_the_migration_then_does(twin: Database) -> None:
    spoil(twin)

    planned, done = migrated("--dry-run"), migrated()

    assert planned.output.splitlines()[1:] == done.output.splitlines()[1:]
    assert planned.exit_code == done.exit_code == 1


def test_it_leaves_an_empty_database_empty(db: Database) -> None:
    empty(db)

    moved = migrated("--dry-run")

    assert (moved.exit_code, moved.output) == (0, "No document needs a change.\n")
    assert db.list_collection_names() == []
