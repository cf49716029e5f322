"""GET /healthz and GET /readyz: alive, and able to move money."""

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database
from pymongo.errors import ServerSelectionTimeoutError

from tests.support.commands import recorder
from wallet_api import database

UNIQUE = [
    ("wallets", "user_1", "wallets.user"),
    ("ledger_entries", "user_1_sequence_1", "ledger_entries.user_sequence"),
    ("ledger_entries", "user_1_idempotencyKey_1", "ledger_entries.user_idempotencyKey"),
    ("withdrawals", "user_1_idempotencyKey_1", "withdrawals.user_idempotencyKey"),
]


@pytest.mark.in_process("the commands of the test's own process are recorded")
def test_a_living_process_says_so_and_asks_the_database_nothing(client: FlaskClient) -> None:
    with recorder.recording() as commands:
        answer = client.get("/healthz")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
    assert commands == []


def test_a_ready_service_says_so_without_a_token(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok", "failures": []})


@pytest.mark.in_process("the commands of the test's own process are recorded")
def test_readiness_is_proven_by_a_durable_write(client: FlaskClient) -> None:
    with recorder.recording() as commands:
        client.get("/readyz")

    (write,) = [command for command in commands if "update" in command]
    assert write["writeConcern"]["w"] == "majority"
    assert write["writeConcern"]["j"] is True


@pytest.mark.parametrize(("collection", "index", "told"), UNIQUE)
def test_a_missing_index_makes_it_unready(
    client: FlaskClient, db: Database, collection: str, index: str, told: str
) -> None:
    db[collection].drop_index(index)

    answer = client.get("/readyz")

    database.ensure_indexes()
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "unavailable", "failures": [f"index missing: {told}"]}


def test_an_index_that_is_not_unique_does_not_count(client: FlaskClient, db: Database) -> None:
    db.wallets.drop_index("user_1")
    db.wallets.create_index("user")

    answer = client.get("/readyz")

    db.wallets.drop_index("user_1")
    database.ensure_indexes()
    assert answer.get_json()["failures"] == ["index missing: wallets.user"]


@pytest.mark.in_process("the database is made to fail in the process of the test")
def test_a_database_that_takes_no_write_makes_it_unready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: float) -> None:
        raise ServerSelectionTimeoutError("mongo-7.internal:27017: refused")

    monkeypatch.setattr(database, "check_writable", refuse)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.get_json()["failures"] == ["the database takes no write"]
    assert "mongo-7" not in answer.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200
