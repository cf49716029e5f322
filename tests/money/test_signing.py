"""The ledger is signed: with which secret, and what follows where a process has another one."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from click.testing import CliRunner
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.money.audit_books import audited, deposited, entries, opened, set_members, wallets
from tests.moving_in.original import migrated
from tests.support.books import assert_books_balance
from tests.support.interleaving import crashing
from tests.support.ledger_secret import LEDGER_SECRET
from wallet_api import config, ledger_signing, schema_version
from wallet_api.audit.cli import audit_command
from wallet_api.migrations import run
from wallet_api.movements.relay import hash_chain
from wallet_api.movements.relay.copy import copy_outbox

pytestmark = pytest.mark.usefixtures("app")

NEWER = "a newer secret that was made a year later"
ANOTHER = "the secret of somebody else who has the database"

SetSecret = Callable[[str], None]


@pytest.fixture
def set_secret(monkeypatch: pytest.MonkeyPatch) -> SetSecret:
    """Of the processes to come; it has never seen the database."""

    def change(secret: str) -> None:
        monkeypatch.setenv("LEDGER_SECRET", secret)
        config.settings.cache_clear()
        schema_version.forget()

    return change


@pytest.fixture(autouse=True)
def _another_database_than_the_suite_has(db: Database) -> Any:
    yield
    db.schema.update_one({}, {"$unset": {"ledgerSecrets": 1}})
    schema_version.forget()


def versions_of(user: ObjectId) -> list[int]:
    found = entries().find({"user": user}).sort("sequence", 1)
    return [entry.get("digestVersion", 1) for entry in found]


def test_entries_are_signed_with_a_secret_that_the_database_does_not_hold(
    set_secret: SetSecret,
) -> None:
    user = opened()
    deposited(user, 1_00)
    copy_outbox(user)
    entry = entries().find_one({"user": user})
    assert entry is not None

    signed = hash_chain.digest(entry)
    set_secret(ANOTHER)

    assert entry["hash"] == signed != hash_chain.digest(entry)


def test_a_new_secret_signs_what_is_new_and_the_old_one_proves_what_is_old(
    set_secret: SetSecret,
) -> None:
    user = opened()
    deposited(user, 1_00)
    copy_outbox(user)

    set_secret(f"{LEDGER_SECRET},{NEWER}")
    deposited(user, 1_00)
    copy_outbox(user)

    assert versions_of(user) == [2, 3]
    assert_books_balance(user)
    assert audited("--verify-chain").differences == []


def test_a_stolen_old_secret_signs_nothing_more(set_secret: SetSecret) -> None:
    user = opened()
    set_secret(f"{LEDGER_SECRET},{NEWER}")
    deposited(user, 1_00)
    deposited(user, 2_00)
    copy_outbox(user)
    forged = entries().find_one({"user": user, "sequence": 2})
    assert forged is not None
    forged |= {"digestVersion": 2, "reason": "gift"}

    set_members(entries, forged["_id"], **forged | {"hash": hash_chain.digest(forged)})

    assert audited("--verify-chain").kinds() >= {"older_digest"}


@pytest.mark.usefixtures("interposed")
def test_processes_of_two_secrets_make_the_same_copies(set_secret: SetSecret) -> None:
    """The old one dies before it truncates; the new one goes on."""
    user = opened()
    deposited(user, 1_00)
    crashing(3, after=True, action=lambda: copy_outbox(user))

    set_secret(f"{LEDGER_SECRET},{NEWER}")
    copy_outbox(user)

    assert versions_of(user) == [2]
    assert audited("--verify-chain").differences == []


def test_a_process_without_the_newest_secret_copies_nothing_of_it(set_secret: SetSecret) -> None:
    user = opened()
    set_secret(f"{LEDGER_SECRET},{NEWER}")
    deposited(user, 1_00)
    copy_outbox(user)
    deposited(user, 1_00)

    set_secret(LEDGER_SECRET)
    with pytest.raises(ledger_signing.UnknownSecret):
        copy_outbox(user)

    assert versions_of(user) == [3]


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        (ANOTHER, "LEDGER_SECRET is not the one that signs this database's ledger"),
        (f"{ANOTHER},{LEDGER_SECRET}", "LEDGER_SECRET is not the one"),
        (LEDGER_SECRET, "LEDGER_SECRET lacks the newest secret"),
    ],
)
def test_a_process_with_another_secret_is_not_ready(
    client: FlaskClient, db: Database, set_secret: SetSecret, secret: str, told: str
) -> None:
    set_secret(f"{LEDGER_SECRET},{NEWER}")
    assert schema_version.problem() is None

    set_secret(secret)

    assert (schema_version.problem() or "").startswith(told)
    assert not schema_version.is_current()
    assert len(db.schema.find_one()["ledgerSecrets"]) == 2  # type: ignore[index]


def test_an_audit_with_another_secret_says_so(set_secret: SetSecret) -> None:
    user = opened()
    deposited(user, 1_00)
    copy_outbox(user)
    assert schema_version.problem() is None

    set_secret(ANOTHER)
    result = CliRunner().invoke(audit_command, ["--verify-chain"])

    assert result.exit_code == 1
    assert "LEDGER_SECRET is not the one that signs" in result.stderr
    assert "entry_changed" in result.stdout


def test_a_migration_with_another_secret_changes_nothing(
    db: Database, set_secret: SetSecret
) -> None:
    user = opened()
    deposited(user, 1_00)
    copy_outbox(user)
    assert schema_version.problem() is None
    db.schema.update_one({}, {"$set": {"version": 1}})
    before = wallets().find_one({"user": user})

    set_secret(ANOTHER)
    moved = migrated()

    assert moved.exit_code == 2
    assert "LEDGER_SECRET is not the one" in moved.output
    assert wallets().find_one({"user": user}) == before


def test_a_migration_that_broke_off_is_not_ended_with_another_secret(
    db: Database, set_secret: SetSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the wallets that it has sealed would never be verified again."""
    user = opened()
    deposited(user, 1_00)
    copy_outbox(user)
    db.schema.delete_many({})
    wallets().update_many({}, {"$unset": {"schemaVersion": 1, "seal": 1}})
    with monkeypatch.context() as broken:
        broken.setattr(run, "replace_indexes", lambda report: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            migrated()

    set_secret(ANOTHER)
    with_another = migrated()
    set_secret(LEDGER_SECRET)
    with_the_first = migrated()

    assert "LEDGER_SECRET is not the one" in with_another.output
    assert "wallets of older code changed" not in with_the_first.output  # the first try did that
    assert audited("--verify-chain").differences == []


def test_a_dry_run_makes_no_secret_the_ledgers(db: Database, set_secret: SetSecret) -> None:
    opened()
    assert schema_version.problem() is None
    db.schema.update_one({}, {"$set": {"version": 1}})
    before = db.schema.find_one()

    set_secret(f"{LEDGER_SECRET},{NEWER}")
    migrated("--dry-run")

    assert db.schema.find_one() == before
