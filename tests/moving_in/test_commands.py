"""An operator's command changes nothing in a database of another version than the code."""

import pytest
from bson import ObjectId
from flask import Flask
from pymongo.database import Database

from tests.moving_in.original import state_of
from wallet_api import schema_version
from wallet_api.documents.schema_record import SCHEMA_VERSION

WRITING = {
    "sweep": ["sweep"],
    "activate": ["activate", "ada@example.com"],
    "deactivate": ["deactivate", "ada@example.com"],
    "reverse": ["reverse", str(ObjectId()), "--reason", "came back"],
}


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize(
    ("version", "told"),
    [(0, "run flask --app wsgi migrate"), (SCHEMA_VERSION + 1, "newer than this code's")],
)
def test_a_command_that_writes_says_what_to_run(
    app: Flask, db: Database, command: str, version: int, told: str
) -> None:
    db.schema.update_one({}, {"$set": {"version": version}})
    before = state_of(db)

    ran = app.test_cli_runner().invoke(args=WRITING[command])

    schema_version.forget()
    assert (ran.exit_code, ran.output.count("\n")) == (2, 1)
    assert told in ran.output
    assert state_of(db) == before
