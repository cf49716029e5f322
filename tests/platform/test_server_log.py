"""The embedded server's log stays small, and quotes nothing of what the server is asked."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from wallet_api.embedded_mongo import EmbeddedMongo, server_log

EMAIL = "zebulon.quixote@example.com"
DESTINATION = "GB29NWBK60161331926819"
KEY = "invoice-kumquat-2291"
CENTS = 7_654_321
WAIT_SECONDS = 20


@contextmanager
def asked_slowly(server: EmbeddedMongo) -> Iterator[Database[dict[str, Any]]]:
    """A database each of whose operations counts as slow, and is logged."""
    with MongoClient[dict](server.uri) as client:
        database = client.get_default_database()
        database.command({"profile": 0, "slowms": -1})
        yield database


def entries(log: Path, message: str, about: str = "") -> list[dict[str, Any]]:
    """Of the log, once there is one with this message. A line comes a moment after its answer.

    With ``about``, those of this namespace alone: the server does slow work of its own as well.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        found = [line for line in lines if line["msg"] == message]
        if about:
            found = [line for line in found if line["attr"].get("ns") == about]
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{log} has no {message!r}")


MOVEMENT = {"destination": DESTINATION, "idempotencyKey": f"withdrawal:{KEY}", "amountCents": CENTS}


def move_money(database: Database[dict[str, Any]]) -> None:
    database.wallets.insert_one({"user": 1, "balanceCents": CENTS, "outbox": []})
    database.wallets.find_one_and_update(
        {"user": 1, "outbox.idempotencyKey": {"$ne": KEY}},
        {"$push": {"outbox": MOVEMENT}, "$inc": {"balanceCents": -CENTS}},
    )
    database.withdrawals.insert_many([MOVEMENT | {"_id": 1}, MOVEMENT | {"_id": 2}])
    list(database.withdrawals.aggregate([{"$match": MOVEMENT}]))


def take_an_email_twice(database: Database[dict[str, Any]]) -> None:
    database.users.create_index("email", unique=True)
    for name in ("Ada", "Eve"):
        database.users.find_one_and_update(
            {"firstName": name}, {"$set": {"email": EMAIL}}, upsert=True
        )


def build_an_index_that_cannot_be(database: Database[dict[str, Any]]) -> None:
    database.people.insert_many([{"email": EMAIL}, {"email": EMAIL}])
    database.people.create_index("email", unique=True)


def fail_in_the_midst(database: Database[dict[str, Any]]) -> None:
    database.people.insert_one({"email": EMAIL})
    list(database.people.find({"email": EMAIL, "$expr": {"$divide": ["$email", 1]}}))


QUOTED: dict[str, tuple[str, Callable[[Database[dict[str, Any]]], None]]] = {
    "a slow command": ("Slow query", move_money),
    "a duplicate key": ("Plan executor error during findAndModify", take_an_email_twice),
    "an index": ("Index build: failed", build_an_index_that_cannot_be),
    "a failing query": ("Plan executor error during find command", fail_in_the_midst),
}


@pytest.mark.parametrize("case", QUOTED)
def test_what_the_server_logs_of_a_command_holds_no_personal_data(
    tmp_path: Path, case: str
) -> None:
    message, ask = QUOTED[case]

    with EmbeddedMongo(tmp_path) as server, asked_slowly(server) as database:
        with suppress(PyMongoError):
            ask(database)
        told = entries(server.log, message)

    assert server_log.MASK in json.dumps(told)
    written = server.log.read_text()
    for word in (EMAIL, "zebulon", DESTINATION, DESTINATION[:-4], KEY, str(CENTS)):
        assert word not in written


def test_a_slow_command_is_still_told_by_its_collection_and_duration(tmp_path: Path) -> None:
    with EmbeddedMongo(tmp_path) as server, asked_slowly(server) as database:
        database.wallets.insert_one({"email": EMAIL})
        (told,) = entries(server.log, "Slow query", about="wallet_api.wallets")

    assert told["attr"]["durationMillis"] >= 0
    assert told["attr"]["command"] == server_log.MASK


def test_the_log_is_bounded_while_the_server_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_log, "MAX_BYTES", 20_000)

    with EmbeddedMongo(tmp_path) as server, asked_slowly(server) as database:
        for number in range(600):
            database.people.insert_one({"n": number})

    files = sorted(path.name for path in tmp_path.glob("mongod.log*"))
    assert files == ["mongod.log", "mongod.log.1", "mongod.log.2", "mongod.log.3"]
    assert all((tmp_path / name).stat().st_size <= 25_000 for name in files)


def test_each_start_has_a_log_of_its_own_and_the_last_ones_are_kept(tmp_path: Path) -> None:
    (tmp_path / "mongod.log").write_text(f"of an older version: {EMAIL}\n")

    for _ in range(server_log.KEPT_FILES + 1):
        with EmbeddedMongo(tmp_path) as server:
            pass

    files = sorted(tmp_path.glob("mongod.log*"))
    assert len(files) == server_log.KEPT_FILES + 1
    assert [path for path in files if EMAIL in path.read_text()] == []
    assert len(entries(server.log, "MongoDB starting")) == 1


def test_a_log_that_cannot_be_written_does_not_hold_the_server_up(tmp_path: Path) -> None:
    with EmbeddedMongo(tmp_path) as server, asked_slowly(server) as database:
        server.log.unlink()
        server.log.mkdir()
        for number in range(2000):
            database.people.insert_one({"n": number, "email": EMAIL * 10})

        assert database.people.count_documents({}) == 2000


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b'{"c": 1}', b"\xff\xfe", b"error parsing command line: x\n"]
)
def test_a_line_that_is_no_entry_is_kept_as_text(line: bytes) -> None:
    assert server_log.masked(line) == line.decode("utf-8", "replace").rstrip()
