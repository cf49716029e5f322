"""GET /healthz and GET /readyz: alive, and able to move money."""

import time
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database
from pymongo.errors import ServerSelectionTimeoutError

from tests.support.commands import recorder
from tests.support.ways import PROCESS
from wallet_api import clock, database
from wallet_api.database_trouble import IndexInTheWay
from wallet_api.health import readiness

UNIQUE = [
    ("wallets", "user_1", "wallets.user"),
    ("ledger_entries", "user_1_sequence_1", "ledger_entries.user_sequence"),
    ("ledger_entries", "user_1_idempotencyKey_1", "ledger_entries.user_idempotencyKey"),
    ("withdrawals", "user_1_idempotencyKey_1", "withdrawals.user_idempotencyKey"),
]


@pytest.fixture(autouse=True)
def _nothing_is_remembered(app: Flask, pytestconfig: pytest.Config) -> None:
    """What another process has found a moment ago, a test cannot make it forget."""
    if pytestconfig.getoption("--via") != PROCESS:
        time.sleep(readiness.REMEMBERED_SECONDS)


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


PARTIAL = {"idempotencyKey": {"$gt": ""}}
OF_ANOTHER_KIND = {
    "not unique": ("wallets", ["user"], {}, "wallets.user (user_1 differs in unique)"),
    "unique and sparse": (
        "wallets",
        ["user"],
        {"unique": True, "sparse": True},
        "wallets.user (user_1 differs in sparse)",
    ),
    "sparse for partial, as Mongoose had it": (
        "withdrawals",
        ["user", "idempotencyKey"],
        {"unique": True, "sparse": True},
        "withdrawals.user_idempotencyKey (user_1_idempotencyKey_1 differs in "
        "partialFilterExpression, sparse)",
    ),
    "partial by another expression": (
        "ledger_entries",
        ["user", "idempotencyKey"],
        {"unique": True, "partialFilterExpression": {"idempotencyKey": {"$exists": True}}},
        "ledger_entries.user_idempotencyKey (user_1_idempotencyKey_1 differs in "
        "partialFilterExpression)",
    ),
    "partial and not unique": (
        "ledger_entries",
        ["user", "idempotencyKey"],
        {"partialFilterExpression": PARTIAL},
        "ledger_entries.user_idempotencyKey (user_1_idempotencyKey_1 differs in unique)",
    ),
    "whole for sparse": (
        "wallets",
        ["outbox.0.at"],
        {},
        "wallets.outbox.0.at (outbox.0.at_1 differs in sparse)",
    ),
    "of another life-time": (
        "loginTries",
        ["expiresAt"],
        {"expireAfterSeconds": 3600},
        "loginTries.expiresAt (expiresAt_1 differs in expireAfterSeconds)",
    ),
    "of no life-time": (
        "loginTries",
        ["expiresAt"],
        {},
        "loginTries.expiresAt (expiresAt_1 differs in expireAfterSeconds)",
    ),
    "unequal in what it calls equal": (
        "users",
        ["email"],
        {"unique": True, "collation": {"locale": "en", "strength": 2}},
        "users.email (email_1 differs in collation)",
    ),
}


@pytest.mark.parametrize("kind", OF_ANOTHER_KIND)
def test_an_index_of_another_kind_counts_as_missing_and_is_named(
    client: FlaskClient, db: Database, kind: str
) -> None:
    collection, fields, options, told = OF_ANOTHER_KIND[kind]
    name = "_".join(f"{field}_1" for field in fields)
    db[collection].drop_index(name)
    db[collection].create_index([(field, 1) for field in fields], **options)

    answer = client.get("/readyz")
    try:
        with pytest.raises(IndexInTheWay, match=f"{collection}.{name} .*flask --app wsgi migrate"):
            database.ensure_indexes()
    finally:
        db[collection].drop_index(name)
        database.ensure_indexes()

    assert answer.get_json()["failures"] == [f"index missing: {told}"]
    assert client.get("/readyz").get_json()["failures"] == []


def test_an_index_of_other_keys_or_another_order_of_them_does_not_count(
    client: FlaskClient, db: Database
) -> None:
    db.withdrawals.drop_index("user_1_idempotencyKey_1")
    db.withdrawals.create_index(
        [("idempotencyKey", 1), ("user", 1)], unique=True, partialFilterExpression=PARTIAL
    )
    db.wallets.drop_index("user_1")
    db.wallets.create_index([("user", -1)], unique=True)

    answer = client.get("/readyz")

    db.withdrawals.drop_index("idempotencyKey_1_user_1")
    db.wallets.drop_index("user_-1")
    database.ensure_indexes()
    assert answer.get_json()["failures"] == [
        "index missing: wallets.user",
        "index missing: withdrawals.user_idempotencyKey",
    ]


def test_an_index_of_the_right_kind_counts_under_any_name(
    client: FlaskClient, db: Database
) -> None:
    db.wallets.drop_index("user_1")
    db.wallets.create_index("user", unique=True, name="mine")

    answer = client.get("/readyz")

    db.wallets.drop_index("mine")
    database.ensure_indexes()
    assert answer.get_json()["failures"] == []


def test_a_unique_index_over_duplicates_says_how_to_find_them(db: Database) -> None:
    db.wallets.drop_index("user_1")
    db.wallets.insert_many([{"user": 1}, {"user": 1}])

    try:
        with pytest.raises(IndexInTheWay, match=r"wallets.user_1 .*share its keys.*audit"):
            database.ensure_indexes()
    finally:
        db.wallets.delete_many({})
        database.ensure_indexes()


@pytest.mark.in_process("the database is made to fail in the process of the test")
def test_a_database_that_takes_no_write_makes_it_unready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: float) -> None:
        raise ServerSelectionTimeoutError("mongo-7.internal:27017: refused, Timeout: 3s, ...")

    monkeypatch.setattr(database, "check_writable", refuse)

    answer = client.get("/readyz")
    health = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.get_json()["failures"] == [
        "the database takes no write: mongo-7.internal:27017: refused"
    ]
    assert health.status_code == 200


@pytest.mark.in_process("the clock of the test's own process is moved")
@pytest.mark.parametrize(
    ("seconds", "failures"),
    [
        (29, []),
        (-29, []),
        (40, ["this host's clock is 40 s ahead of the database's"]),
        (-3600, ["this host's clock is 3600 s behind the database's"]),
    ],
)
def test_a_clock_that_differs_from_the_databases_makes_it_unready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, seconds: int, failures: list[str]
) -> None:
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(seconds=seconds))

    answer = client.get("/readyz")

    assert answer.get_json()["failures"] == failures
