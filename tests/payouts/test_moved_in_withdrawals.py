"""A withdrawal of another system is no payout of ours, whatever its status and its members say."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.money.audit_books import audited
from tests.moving_in import original
from tests.moving_in.before_payouts import NODE_ORIGINAL
from tests.payouts.paying import Paying
from tests.support.people import Person
from wallet_api import clock
from wallet_api.documents.withdrawal import Withdrawal

pytestmark = [pytest.mark.in_process("the database changes below the service"), pytest.mark.slow]

OF_THE_ORIGINAL = {
    *("_id", "user", "amountCents", "currency", "destination", "status", "createdAt"),
    *("failureReason", "idempotencyKey"),
}
WRITTEN_BY_THE_MIGRATION = {"balanceAfterCents", "history", "movedInAt", "schemaVersion"}
FOREIGN = sorted(
    {field.db_field for field in Withdrawal._fields.values()}
    - OF_THE_ORIGINAL
    - WRITTEN_BY_THE_MIGRATION
)

STUCK = ("pending", "processing")


@pytest.fixture
def twin(db: Database) -> Iterator[Database]:
    NODE_ORIGINAL.load(db, original.clear)
    yield db
    original.clear(db)


def id_of_the_rent(db: Database) -> ObjectId:
    found = db.withdrawals.find_one({"idempotencyKey": original.RENT_KEY})
    assert found is not None
    return found["_id"]


def set_rent(db: Database, **members: Any) -> ObjectId:
    rent = id_of_the_rent(db)
    db.withdrawals.update_one({"_id": rent}, {"$set": members})
    return rent


def ada_of(client: FlaskClient) -> Person:
    return original.logged_in(client, original.ADA, original.ADAS_PASSWORD)


def run(app: Flask, *command: str) -> tuple[int, str]:
    ended = app.test_cli_runner().invoke(args=[*command, "--reason", "a try"])
    return ended.exit_code, ended.output


def assert_nothing_pays_it_or_pays_it_back(
    app: Flask, client: FlaskClient, paying: Paying, rent: ObjectId
) -> None:
    ada, before = ada_of(client), Withdrawal._get_collection().find_one({"_id": rent})

    assert paying.run() == 0
    assert ada.post(f"/withdrawals/{rent}/cancel", None).status_code == 409
    for command in "settle", "fail", "retry", "inquire":
        code, output = run(app, "payouts", command, str(rent))
        assert (code, "No withdrawal of this id" in output) == (1, True), output

    assert paying.gateway.entries(f"wd{rent}") == []
    assert Withdrawal._get_collection().find_one({"_id": rent}) == before
    assert ada.get("/wallets").get_json()["heldCents"] == 0
    assert ada.balance() == original.ADAS_CENTS
    for path in f"/withdrawals/{rent}", "/withdrawals", "/wallets/statement":
        assert ada.get(path).status_code == 200
    assert ada.post("/withdrawals", original.RENT, original.RENT_KEY).status_code == 201
    assert audited("--verify-chain").differences == []


@pytest.mark.parametrize("status", STUCK)
def test_one_that_the_original_left_open_is_for_a_person_alone(
    app: Flask, client: FlaskClient, paying: Paying, twin: Database, status: str
) -> None:
    rent = set_rent(twin, status=status)
    assert original.migrated().exit_code == 1

    assert_nothing_pays_it_or_pays_it_back(app, client, paying, rent)


@pytest.mark.parametrize("status", STUCK)
def test_it_cannot_be_reversed_before_somebody_knows_its_end(
    app: Flask, client: FlaskClient, paying: Paying, twin: Database, status: str
) -> None:
    rent = set_rent(twin, status=status)
    original.migrated()

    code, output = run(app, "reverse", str(rent))

    assert (code, f"It was {status} when it was moved in" in output) == (1, True), output
    assert ada_of(client).balance() == original.ADAS_CENTS


@pytest.mark.parametrize("end", ["success", "failed"])
def test_its_end_can_be_written_after_the_migration(
    app: Flask, client: FlaskClient, twin: Database, end: str
) -> None:
    rent = set_rent(twin, status="pending")
    original.migrated()

    set_rent(twin, **{"status": end, "history.0.status": end})
    adjusted = run(app, "wallets", "adjust", original.ADA, "--amount", "30.25")

    assert adjusted[0] == 0
    assert original.migrated().exit_code == 0
    assert ada_of(client).get(f"/withdrawals/{rent}").get_json()["status"] == end
    assert ada_of(client).balance() == original.ADAS_CENTS + 3025
    assert audited("--verify-chain").differences == []


def a_payout_there() -> dict[str, Any]:
    """What a worker of ours would take up."""
    now = clock.now() - timedelta(days=1)
    return {
        **{"gateway": "http", "dueAt": now, "fence": ObjectId(), "tries": 1, "refund": "owed"},
        **{"attempts": [], "needsReview": "unfinished", "told": {"verdict": "settled", "at": now}},
        **{"gatewayReference": "pout_1", "gatewayState": {"id": 1}, "trace": "UTR1", "feeCents": 5},
        **{"statusDetails": {"reason": "bank_down"}},
    }


OTHERWISE: dict[str, dict[str, Any]] = {
    "a payout": a_payout_there(),
    "texts": dict.fromkeys(FOREIGN, "x"),
    "numbers": dict.fromkeys(FOREIGN, 7),
    "lists": {name: [7] for name in FOREIGN},
    "documents": {name: {"x": 1} for name in FOREIGN},
    "times": dict.fromkeys(FOREIGN, clock.now()),
    "nulls": dict.fromkeys(FOREIGN),
}


@pytest.mark.parametrize("members", OTHERWISE)
@pytest.mark.parametrize("status", ["success", "failed", *STUCK])
def test_members_that_mean_something_else_there_are_set_aside(
    app: Flask, client: FlaskClient, paying: Paying, twin: Database, status: str, members: str
) -> None:
    rent = set_rent(twin, status=status, **OTHERWISE[members])
    had = twin.withdrawals.find_one({"_id": rent}) or {}

    moved = original.migrated()

    assert moved.exit_code == (1 if status in STUCK else 0)
    has = twin.withdrawals.find_one({"_id": rent}) or {}
    assert has["ofTheOriginal"] == {name: had[name] for name in OTHERWISE[members]}
    assert not has.keys() & OTHERWISE[members].keys()
    assert_nothing_pays_it_or_pays_it_back(app, client, paying, rent)
