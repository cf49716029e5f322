"""A database of another version than the code is refused, by name, before any money moves."""

import pytest
from flask.testing import FlaskClient
from mongoengine import Document
from pymongo.database import Database

from tests.support.back_ends import back_end
from tests.support.books import sweep_everything
from tests.support.commands import recorder
from tests.support.people import Person
from wallet_api import documents, ledger_signing, operator_log, schema_version
from wallet_api.documents.schema_record import SCHEMA_VERSION, SchemaRecord
from wallet_api.movements.used_keys import bloom_filter

OLDER = (
    f"the database is of schema version 0, older than this code's {SCHEMA_VERSION}: "
    "run flask --app wsgi migrate"
)
NEWER = (
    f"the database is of schema version {SCHEMA_VERSION + 1}, newer than this code's "
    f"{SCHEMA_VERSION}: run the version of the code that migrated it"
)


def say(db: Database, version: int) -> None:
    db.schema.replace_one({"_id": "schema"}, {"version": version}, upsert=True)
    schema_version.forget()


def test_an_empty_database_gets_the_present_version(client: FlaskClient, db: Database) -> None:
    db.schema.delete_many({})
    schema_version.forget()

    answer = client.get("/readyz")

    assert answer.get_json() == {"status": "ok", "failures": []}
    made = {"_id": "schema", "version": SCHEMA_VERSION, "left": 0}
    assert db.schema.find_one() == made | {"ledgerSecrets": ledger_signing.fingerprints()}


def test_a_database_with_documents_and_no_version_is_older(
    client: FlaskClient, alice: Person, db: Database
) -> None:
    db.schema.delete_many({})
    schema_version.forget()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.get_json()["failures"]) == (503, [OLDER])
    assert db.schema.find_one() is None


@pytest.mark.parametrize(("version", "told"), [(0, OLDER), (SCHEMA_VERSION + 1, NEWER)])
def test_another_version_is_not_ready_and_moves_no_money(
    client: FlaskClient, alice: Person, db: Database, version: int, told: str
) -> None:
    alice.deposits(100)
    before = db.wallets.find_one()
    say(db, version)

    deposit, withdrawal = alice.deposits(1), alice.withdraws(1, "k")

    assert client.get("/readyz").get_json()["failures"] == [told]
    assert {deposit.status_code, withdrawal.status_code, alice.get("/wallets").status_code} == {503}
    assert db.wallets.find_one() == before
    assert client.get("/healthz").status_code == 200


def test_money_moves_again_once_the_database_is_migrated(alice: Person, db: Database) -> None:
    say(db, 0)
    held = alice.deposits(1)

    db.schema.update_one({}, {"$set": {"version": SCHEMA_VERSION}})

    assert held.status_code == 503
    assert alice.deposits(1).status_code == 200


def test_readiness_notices_a_database_that_newer_code_has_migrated(
    client: FlaskClient, alice: Person, db: Database
) -> None:
    assert alice.deposits(1).status_code == 200
    db.schema.update_one({}, {"$set": {"version": SCHEMA_VERSION + 1}})

    answer = client.get("/readyz")

    assert answer.get_json()["failures"] == [NEWER]
    assert alice.deposits(1).status_code == 503


def test_the_version_is_read_once(alice: Person) -> None:
    with recorder.recording() as commands:
        alice.get("/wallets")
        alice.get("/wallets")

    assert "schema" not in [command.get("find") for command in commands]


def test_every_document_carries_the_version(
    alice: Person, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bloom_filter, "LAYER_BYTES", (256,))
    monkeypatch.setattr(bloom_filter, "CAPACITY", (1,))
    for turn in range(3):
        alice.deposits(10, f"d{turn}")
        alice.withdraws(1, f"w{turn}")
        alice.withdraws(999, f"refused{turn}")
        sweep_everything()
    back_end(alice.client)
    operator_log.append("wallets freeze", str(alice.id), "a test", {})

    for document in documents.ALL:
        if document is SchemaRecord or _expires(document):
            continue
        carried = db[document._get_collection_name()].distinct("schemaVersion")
        without = db[document._get_collection_name()].count_documents({"schemaVersion": None})
        assert (carried, without) == ([SCHEMA_VERSION], 0), document.__name__


def _expires(document: type[Document]) -> bool:
    """What limits guessing is made anew, not migrated."""
    return any("expireAfterSeconds" in spec for spec in document._meta["index_specs"])
