"""What `make bench-scale` measures is what the service itself would have come to."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from benchmarks import building, day, growth_plot, growth_tables, past
from benchmarks.arena import Arena
from benchmarks.audits import Audit, audit
from benchmarks.cases import REPLAYED_KEY
from benchmarks.day import Day, Hour
from benchmarks.growth import Ground, Point, Series
from benchmarks.past import Past
from benchmarks.servers import Server
from benchmarks.slices import Slice
from tests.support.people import Person
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.movements.used_keys.bloom_filter import CAPACITY

SLICE = Slice(1000, {"50": 1.0, "99": 2.0}, 0.5, 0.25, 1.0, 150, failed=0, cents_amiss=0)


@pytest.fixture
def place(db: Database, mongo: EmbeddedMongo, tmp_path: Path) -> Arena:
    return Arena(tmp_path, mongo.pid, mongo.uri, {"MONGO_URI": mongo.uri}, db.client)


def person(user: ObjectId, client: FlaskClient) -> Person:
    return Person(user, client, past.people([user])[0].token)


def audited(app: Flask) -> dict[str, Any]:
    done = app.test_cli_runner().invoke(args=["audit", "--json", "--verify-chain"])
    result: dict[str, Any] = json.loads(done.output)
    return result


def test_wallets_with_a_past_pass_the_audit(app: Flask, db: Database) -> None:
    past.insert(db, [ObjectId() for _ in range(3)], Past(deposits=90, withdrawals=10))

    found = audited(app)

    assert found["differences"] == []
    assert (found["wallets"], found["ledgerEntries"], found["withdrawals"]) == (3, 300, 30)


def test_a_wallet_with_a_past_takes_up_where_it_ends(client: FlaskClient, db: Database) -> None:
    user = ObjectId()
    past.insert(db, [user], Past(withdrawals=70))
    someone = person(user, client)

    replayed = someone.withdraws(1, REPLAYED_KEY, "bank-account-0001")
    of_the_past = someone.withdraws(1, "past-69", "bank-account-0001")
    new = someone.withdraws(1, "new", "bank-account-0001")

    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert of_the_past.headers["Idempotent-Replayed"] == "true"
    assert new.status_code == 201
    assert "Idempotent-Replayed" not in new.headers
    assert audited(client.application)["differences"] == []


def test_more_keys_than_a_filter_holds_are_in_sealed_ones(app: Flask, db: Database) -> None:
    past.insert(db, [ObjectId()], Past(withdrawals=sum(CAPACITY) + 200))

    assert db.sealed_key_filters.count_documents({}) == 1
    assert audited(app)["differences"] == []


def test_all_processors_make_each_wallet_once(
    app: Flask, db: Database, mongo: EmbeddedMongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "SHARE", 4)
    users = [ObjectId() for _ in range(5)]

    building.build(mongo.uri, db.name, users, Past(withdrawals=1))

    assert {wallet["user"] for wallet in db.wallets.find()} == set(users)
    assert audited(app)["ledgerEntries"] == 10


def test_whoever_breaks_it_off_does_not_wait_for_the_rest(
    db: Database, mongo: EmbeddedMongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(line: str) -> None:
        raise KeyboardInterrupt(line)

    monkeypatch.setattr(building, "SHARE", 1)
    monkeypatch.setattr(building, "TOLD_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(building, "tell", broken_off)

    with pytest.raises(KeyboardInterrupt):
        building.build(mongo.uri, db.name, [ObjectId() for _ in range(1000)], Past())

    assert db.wallets.count_documents({}) < 500


def test_the_audit_is_told_with_its_rate_and_its_memory(place: Arena, db: Database) -> None:
    past.insert(db, [ObjectId() for _ in range(200)], Past(withdrawals=1))

    done = audit(place, db.name, verify_chain=True)

    assert done.clean, done.told
    assert "every hash recomputed" in done.told
    assert (done.wallets, done.entries) == (200, 400)
    assert done.entries_per_second == pytest.approx(2 * done.wallets_per_second)
    assert done.wallets_per_second > 0
    assert 20 < done.peak_mb < 500


@pytest.mark.parametrize(
    ("told", "wallets_per_second", "entries_per_second"),
    [
        ("3 wallets in 25.0 s (0 a second)\n1,000 ledger entries, and 0", 0.12, 40),
        ("1,000 wallets in 0.1 s (8,000 a second)\n2,000 ledger entries, and 0", 8_000, 16_000),
        ("The audit broke off, and has no result.", 0, 0),
    ],
)
def test_the_rate_is_exact_with_few_wallets_and_in_few_seconds(
    told: str, wallets_per_second: float, entries_per_second: float
) -> None:
    done = Audit("d", True, True, told, 60)

    assert done.wallets_per_second == pytest.approx(wallets_per_second)
    assert done.entries_per_second == pytest.approx(entries_per_second)


def test_an_audit_that_finds_something_is_a_fault(place: Arena, db: Database) -> None:
    past.insert(db, [ObjectId()])
    db.wallets.update_one({}, {"$inc": {"balanceCents": 1}})

    done = audit(place, db.name)

    assert not done.clean
    assert done.told.endswith("difference.")


@pytest.mark.parametrize("answered", [33, 50, 100])
def test_a_day_knows_how_many_movements_its_answers_account_for(answered: int) -> None:
    kinds = ["deposit", "balance", "balance", "balance"]
    sent_first = [kinds[turn % 4] for turn in range(1, 1 + answered + day.CONNECTIONS)]

    fewest, most = day.movements_of(kinds, answered)

    assert most == sent_first.count("deposit")
    assert fewest == sent_first[: answered - day.CONNECTIONS].count("deposit")


def test_a_movement_too_many_in_a_day_is_a_fault() -> None:
    hours = [Hour(0, 1000, SLICE, 300.0, 100, (40, 50)) for _ in range(2)]

    assert list(Day(1, 1, hours, 100).faults) == []
    assert list(Day(1, 1, hours, 79).faults) != []
    assert list(Day(1, 1, hours, 101).faults) != []


def test_what_grows_is_told_and_drawn(place: Arena, tmp_path: Path) -> None:
    ground = Ground(place, "wallets_1", Server("", 0))
    points = [
        Point(size, ground, [], [], 16, {"withdraw": [SLICE] * 3}) for size in (1_000, 100_000)
    ]
    series = Series("wallets", ("withdraw",), points)
    audits = [
        Audit("wallets_1", deep, True, "9 wallets in 1.0 s (9 a second)", 60) for deep in (0, 1)
    ]
    a_day = Day(9, 900, [Hour(0, 1000, SLICE, 300.0, 100, (40, 50))], 45)

    told = [
        *growth_tables.of_series(series),
        *growth_tables.of_audits(audits),
        *growth_tables.of_day(a_day),
    ]

    assert any(line.startswith("withdraw: CPU ms, server") and "1.00" in line for line in told)
    drawn = growth_plot.draw([series], a_day, audits, tmp_path)
    assert [path.name for path in drawn] == (["growth.png"] if find_spec("matplotlib") else [])
