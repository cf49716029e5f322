"""The audit asks for each key whether its wallet remembers it, however many keys that has had."""

import json
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask
from pymongo.database import Database

from benchmarks import past
from benchmarks.cases import REPLAYED_KEY
from benchmarks.past import Past
from wallet_api.movements.used_keys import bloom_filter

pytestmark = pytest.mark.slow

IN_A_FILTER = sum(bloom_filter.CAPACITY)
KEYS = 3 * IN_A_FILTER


@pytest.fixture
def owner(db: Database) -> ObjectId:
    user = ObjectId(b"always the 1")  # Of others, a filter would hold a key by chance.
    past.insert(db, [user], Past(withdrawals=KEYS))
    return user


def audited(app: Flask) -> dict[str, Any]:
    done = app.test_cli_runner().invoke(args=["audit", "--json"])
    result: dict[str, Any] = json.loads(done.output)
    return result


def test_a_key_costs_the_same_with_more_filters(
    app: Flask, owner: ObjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    might_contain = bloom_filter.might_contain

    def counted(filters: Any, positions: bloom_filter.Positions) -> bool:
        nonlocal asked
        asked += len(filters)
        return might_contain(filters, positions)

    monkeypatch.setattr(bloom_filter, "might_contain", counted)

    found = audited(app)

    assert found["differences"] == []
    assert KEYS <= asked < KEYS + 20


@pytest.mark.parametrize("nth", [1, 1000, IN_A_FILTER - 100])
def test_a_key_that_a_sealed_filter_has_lost_is_told(
    app: Flask, db: Database, owner: ObjectId, nth: int
) -> None:
    others = [f"withdrawal:past-{each}" for each in range(1, IN_A_FILTER + 64) if each != nth]
    without, _ = bloom_filter.add(
        owner, bloom_filter.empty(), 0, [f"withdrawal:{REPLAYED_KEY}", *others]
    )
    db.sealed_key_filters.update_one({"number": 1}, {"$set": {"seenKeys": without}})

    found = audited(app)

    lost = db.withdrawals.find_one({"idempotencyKey": f"past-{nth}"})
    assert lost is not None
    assert [each["kind"] for each in found["differences"]] == ["key_unknown"]
    assert found["differences"][0]["entry"] == str(lost["_id"])
