"""Databases as older code of this project, and the Node original, wrote them.

`original.json` was dumped after people had used the twin (Mongoose 9.12, bcryptjs 3.0, cost 4) over
HTTP: they registered, put money in, took it out with keys and without, and asked for too much.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson import ObjectId, json_util
from click.testing import CliRunner
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.support.people import Person
from wallet_api import schema_version
from wallet_api.documents.schema_record import SCHEMA_VERSION
from wallet_api.migrations.cli import migrate_command
from wallet_api.movements.used_keys import recent

DUMPED = Path(__file__).with_name("original.json")

ADA, ADAS_PASSWORD = "Ada.Lovelace@Example.com", "a long enough secret"
ADAS_CENTS = 5225
GRACES_CENTS = 2_000_000_001
EMILIE, EMILIES_PASSWORD = "emilie@bücher.example", "p\u00e4sswort mit umlaut \u20ac"

RENT = {"amount": 30.25, "destination": "bank-account-0001"}
RENT_KEY = "rent-2026-03"
QUOTED = {"amount": 7, "destination": "bank-account-0003"}
YACHT = {"amount": 5000, "destination": "bank-account-0001"}


def empty(db: Database) -> None:
    for name in db.list_collection_names():
        db.drop_collection(name)
    schema_version.forget()
    recent.clear()


def clear(db: Database) -> None:
    """Faster, since the indexes stay."""
    for name in db.list_collection_names():
        db[name].delete_many({})
    schema_version.forget()
    recent.clear()


def load(db: Database, cleared: Callable[[Database], None] = empty) -> None:
    """The whole of the twin's database, and nothing else."""
    cleared(db)
    for name, dumped in json_util.loads(DUMPED.read_text()).items():
        db[name].insert_many(dumped["documents"])
        for index in dumped["indexes"]:
            options = {k: v for k, v in index.items() if k not in ("v", "key")}
            db[name].create_index(list(index["key"].items()), **options)


@dataclass(frozen=True)
class Migrated:
    exit_code: int
    output: str

    def left(self) -> list[str]:
        return [line[2:] for line in self.output.splitlines() if line.startswith("- ")]


def migrated(*options: str) -> Migrated:
    result = CliRunner().invoke(migrate_command, list(options), catch_exceptions=False)
    return Migrated(result.exit_code, result.output)


def state_of(db: Database) -> str:
    """A hash of every document and every index."""
    held = [
        (name, list(db[name].find().sort("_id", 1)), db[name].index_information())
        for name in sorted(db.list_collection_names())
    ]
    return hashlib.sha256(json_util.dumps(held, sort_keys=True).encode()).hexdigest()


def logged_in(client: FlaskClient, email: str, password: str) -> Person:
    answer = client.post("/auth/login", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.get_json()
    body = answer.get_json()
    return Person(ObjectId(body["user"]["id"]), client, body["token"])


def user_of(db: Database, email: str) -> Any:
    found = db.users.find_one({"email": email})
    assert found is not None
    return found["_id"]


def is_ours(db: Database) -> bool:
    record = db.schema.find_one()
    return record is not None and record["version"] == SCHEMA_VERSION
