"""A database of code that signed already gets the version and nothing else.

Its wallets have seals, which only the relay may renew: a seal that a migration made would cover up
what somebody has changed. Older code must not start on the database from then on: it would copy a
withdrawal that a gateway is still to pay as a paid one.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo.database import Database

from tests.money.audit_books import audited
from tests.moving_in import original
from tests.moving_in.before_payouts import CODE_BEFORE_PAYOUTS
from wallet_api import schema_version
from wallet_api.documents.schema_record import SCHEMA_VERSION, SIGNED_SINCE

pytestmark = pytest.mark.in_process("the database changes below the service")

COLLECTIONS = ("users", "wallets", "withdrawals", "ledger_entries")


@pytest.fixture
def signed(db: Database) -> Iterator[Database]:
    CODE_BEFORE_PAYOUTS.load(db, original.clear)
    yield db
    original.clear(db)


def documents(db: Database) -> list[dict[str, Any]]:
    """All but their versions."""
    found = [each for name in COLLECTIONS for each in db[name].find().sort("_id", 1)]
    return [each | {"schemaVersion": None} for each in found]


def test_nothing_but_the_version_changes(signed: Database) -> None:
    before = documents(signed)

    moved = original.migrated()

    assert moved.output.splitlines() == [
        "Done:",
        "  users given the version: 2",
        "  withdrawals given the version: 7",
        "  wallets given the version: 2",
    ]
    assert documents(signed) == before
    assert {each["schemaVersion"] for each in signed.wallets.find()} == {SCHEMA_VERSION}
    assert audited("--verify-chain").differences == []


def without_a_seal(wallet: dict[str, Any]) -> None:
    del wallet["seal"]


def with_another_chain(wallet: dict[str, Any]) -> None:
    wallet["chain"]["head"] = bytes(32)


def that_knows_no_key(wallet: dict[str, Any]) -> None:
    wallet["seenKeys"] = [bytes(len(layer)) for layer in wallet["seenKeys"]]


@pytest.mark.parametrize("forge", [without_a_seal, with_another_chain, that_knows_no_key])
def test_no_migration_covers_up_what_was_changed_before(
    signed: Database, forge: Callable[[dict[str, Any]], None]
) -> None:
    wallet = signed.wallets.find_one({"seal": {"$exists": True}}) or {}
    forge(wallet)
    signed.wallets.replace_one({"_id": wallet["_id"]}, wallet)

    assert original.migrated().exit_code == 0

    assert "seal" in audited("--verify-chain").kinds()


def test_a_wallet_of_before_the_seals_is_sealed(signed: Database) -> None:
    wallet = signed.wallets.find_one({"seal": {"$exists": True}}) or {}
    signed.wallets.update_one(
        {"_id": wallet["_id"]},
        {"$unset": {"seal": ""}, "$set": {"schemaVersion": SIGNED_SINCE - 1}},
    )

    original.migrated()

    assert "seal" in (signed.wallets.find_one({"_id": wallet["_id"]}) or {})
    assert audited("--verify-chain").differences == []


def test_the_code_of_then_refuses_it_from_then_on(
    signed: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    original.migrated()
    monkeypatch.setattr(schema_version, "SCHEMA_VERSION", SIGNED_SINCE)
    schema_version.forget()

    told = schema_version.problem()

    assert told is not None
    assert "newer than this code's 2" in told
    assert not schema_version.is_current()
