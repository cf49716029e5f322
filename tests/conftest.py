"""A MongoDB of the suite's own, the app on it, and people with wallets."""

import os
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from mongoengine.connection import ConnectionFailure
from pymongo import MongoClient, WriteConcern
from pymongo.database import Database

from tests.mutants import Mutant
from tests.support import redis
from tests.support.books import assert_books_balance
from tests.support.committing import commit_by, in_a_batch_with
from tests.support.interleaving import interpose
from tests.support.ledger_secret import LEDGER_SECRET
from tests.support.marks import mark_those_that_start_servers
from tests.support.people import Person, funded, someone
from tests.support.watch import is_watched, wait_for_the_end_of_trouble
from tests.support.ways import PROCESS, WAYS, choose, way_to
from wallet_api import config, database, database_watch, schema_version
from wallet_api.app import create_app
from wallet_api.backend_keys import known
from wallet_api.documents.schema_record import SCHEMA_VERSION, SchemaRecord
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.health import readiness
from wallet_api.movements.commit import commit
from wallet_api.movements.relay import worker
from wallet_api.movements.used_keys import bloom_filter, recent

# A machine that stalls for a moment has found no counterexample.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")

FROM_OUTSIDE = ("APP_ENV", "MONGO_URI", "JWT_SECRET_KEY", "DATA_DIR", "PORT", "HOST")

FOR_TESTS = {
    "JWT_SECRET_KEY": "a secret of the test suite, and of nobody else",
    "DATABASE_TIMEOUT_SECONDS": "5",
    "SWEEP_SECONDS": "0.2",
    # Half of a test's time went into hashing its people's passwords.
    "ARGON2_MEMORY_KIB": "8",
    "ARGON2_TIME_COST": "1",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--via", choices=WAYS, default=PROCESS, help="how `client` reaches the service"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    choose(config.getoption("--via"), config, items)
    mark_those_that_start_servers(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    redis.is_allowed = item.get_closest_marker("lengthy") is not None


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    for name in FROM_OUTSIDE:
        os.environ.pop(name, None)
    os.environ["LEDGER_SECRET"] = LEDGER_SECRET


@pytest.fixture(scope="session")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedMongo]:
    with EmbeddedMongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server


NOT_DURABLE = WriteConcern(w=1, j=False)
"""For what no test relies on: waiting for the disk took a third of a short test's time."""


@pytest.fixture(scope="session")
def _served(mongo: EmbeddedMongo) -> Iterator[Flask]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MONGO_URI", mongo.uri)
        for name, value in FOR_TESTS.items():
            environment.setenv(name, value)
        # A trouble that a test has made up is over soon after it.
        environment.setattr(database_watch, "PAUSE_SECONDS", 0.02)
        config.settings.cache_clear()
        yield create_app()
        database.disconnect()
    config.settings.cache_clear()


@pytest.fixture
def app(_served: Flask, monkeypatch: pytest.MonkeyPatch, mongo: EmbeddedMongo) -> Flask:
    """The app on an empty database with all its indexes."""
    monkeypatch.setenv("MONGO_URI", mongo.uri)
    for name, value in FOR_TESTS.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    db = _connected().get_default_database()
    for name in set(db.list_collection_names()) - {SchemaRecord._get_collection_name()}:
        db[name].with_options(write_concern=NOT_DURABLE).delete_many({})
    schema_version.forget()
    if not schema_version.is_current():
        schema_version.write(version=SCHEMA_VERSION)
        schema_version.forget()
        assert schema_version.is_current()
    database.ensure_indexes()
    recent.clear()
    known.forget()
    readiness.forget()
    worker.set_aside.clear()
    wait_for_the_end_of_trouble()
    return _served


_client: MongoClient | None = None


def _connected() -> MongoClient:
    """The suite's client, again where a test has put another in its place."""
    global _client
    try:
        present = database.server()
    except ConnectionFailure:
        present = None
    if present is None or present is not _client:
        _client = database.connect(config.settings())
        if is_watched():
            # Half of its look may have been at the other: MongoEngine keeps what it saw there.
            wait_for_the_end_of_trouble()
            _client = database.connect(config.settings())
    return _client


@pytest.fixture(scope="session")
def _reached(
    _served: Flask,
    mongo: EmbeddedMongo,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[FlaskClient]:
    way = pytestconfig.getoption("--via")
    folder = tmp_path_factory.mktemp(way)
    with way_to(_served, way, mongo.uri, FOR_TESTS, folder) as client:
        yield client


@pytest.fixture
def client(app: Flask, _reached: FlaskClient) -> FlaskClient:
    """Goes to the service as `--via` says, which has an empty database."""
    return _reached


@pytest.fixture
def db(app: Flask) -> Database:
    return database.server().get_default_database()


@pytest.fixture
def alice(client: FlaskClient) -> Person:
    return someone(client, "alice@example.com")


@pytest.fixture
def bob(client: FlaskClient) -> Person:
    return someone(client, "bob@example.com")


@pytest.fixture
def interposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations on the database can be held, and crash: see tests.support.interleaving."""
    interpose(monkeypatch)


@pytest.fixture(params=["in groups", "alone"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the group commit, and without it."""
    if request.param == "alone":
        commit_by(commit, monkeypatch)


@pytest.fixture(params=["alone", "in a batch"])
def both_commits(
    request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Once, each movement commits by itself; once, in one command with another wallet's."""
    if request.param == "alone":
        commit_by(commit, monkeypatch)
        yield
        return
    other = funded(0)
    commit_by(in_a_batch_with(other), monkeypatch)
    yield
    assert_books_balance(other)


@pytest.fixture
def mutate(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mutant], None]:
    """Break the product in one way, for this test."""
    return lambda mutant: mutant(monkeypatch.setattr)


@pytest.fixture
def tiny_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter that is full after two keys, and then sealed."""
    monkeypatch.setattr(bloom_filter, "LAYER_BYTES", (256,))
    monkeypatch.setattr(bloom_filter, "CAPACITY", (2,))
