"""A database that the Node original wrote is moved in where it is, and its users notice nothing."""

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.money.audit_books import audited
from tests.moving_in.original import (
    ADA,
    ADAS_CENTS,
    ADAS_PASSWORD,
    EMILIE,
    EMILIES_PASSWORD,
    GRACES_CENTS,
    QUOTED,
    RENT,
    RENT_KEY,
    YACHT,
    is_ours,
    logged_in,
    migrated,
    user_of,
)
from tests.support.books import sweep_everything
from wallet_api.documents.schema_record import SCHEMA_VERSION
from wallet_api.withdrawals import reversal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.in_process("the migration has changed the database below the service"),
]


def test_before_it_is_moved_in_nobody_is_served(client: FlaskClient, twin: Database) -> None:
    answer = client.post("/auth/login", json={"email": ADA, "password": ADAS_PASSWORD})

    assert answer.status_code == 503
    assert "run flask --app wsgi migrate" in client.get("/readyz").get_json()["failures"][0]


def test_it_is_moved_in_and_the_audit_is_clean(client: FlaskClient, twin: Database) -> None:
    moved = migrated()

    assert (moved.exit_code, moved.left()) == (0, [])
    assert is_ours(twin)
    assert client.get("/readyz").get_json() == {"status": "ok", "failures": []}
    for _ in "before the relay", "after it":
        books = audited("--verify-chain")
        assert (books.exit_code, books.differences) == (0, [])
        assert books.summary["totals"]["INR"]["adjustmentsCents"] == ADAS_CENTS + GRACES_CENTS
        sweep_everything()


def test_what_was_done_is_told(twin: Database) -> None:
    assert migrated().output.splitlines() == [
        "Done:",
        "  users moved in: 4",
        "  emails brought to their canonical form: 1",
        "  withdrawals moved in: 7",
        "  wallets moved in: 4",
        "  opening entries made: 2",
        "  opening balances in all: INR 20000052.26",
    ]


def test_users_log_in_with_their_old_passwords(client: FlaskClient, twin: Database) -> None:
    migrated()

    ada = logged_in(client, ADA, ADAS_PASSWORD)

    assert ada.balance() == ADAS_CENTS
    assert logged_in(client, EMILIE.upper(), EMILIES_PASSWORD).balance() == 0
    assert twin.users.find_one({"_id": ada.id})["password"].startswith("$argon2id$")  # type: ignore[index]
    wrong = client.post("/auth/login", json={"email": ADA, "password": ADAS_PASSWORD + " "})
    assert wrong.status_code == 401


def test_an_old_key_sent_again_answers_the_old_record_and_pays_nothing(
    client: FlaskClient, twin: Database
) -> None:
    old = twin.withdrawals.find_one({"idempotencyKey": RENT_KEY})
    assert old is not None
    migrated()
    ada = logged_in(client, ADA, ADAS_PASSWORD)

    again = ada.post("/withdrawals", RENT, RENT_KEY)

    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    body = again.get_json()
    assert (body["id"], body["status"], body["amountCents"]) == (str(old["_id"]), "success", 3025)
    assert ada.balance() == ADAS_CENTS
    sweep_everything()
    assert ada.post("/withdrawals", RENT, RENT_KEY).get_json() == body
    assert ada.balance() == ADAS_CENTS


def test_a_key_that_was_sent_in_quotes_is_known_with_and_without_them(
    client: FlaskClient, twin: Database
) -> None:
    migrated()
    ada = logged_in(client, ADA, ADAS_PASSWORD)

    answers = [ada.post("/withdrawals", QUOTED, key) for key in ('"quoted-key"', "quoted-key")]

    assert {answer.headers.get("Idempotent-Replayed") for answer in answers} == {"true"}
    assert ada.balance() == ADAS_CENTS


def test_an_old_key_with_another_request_is_refused(client: FlaskClient, twin: Database) -> None:
    migrated()
    ada = logged_in(client, ADA, ADAS_PASSWORD)

    answer = ada.post("/withdrawals", RENT | {"amount": 30}, RENT_KEY)

    assert (answer.status_code, answer.get_json()["differing"]) == (422, ["amount"])


def test_a_refusal_of_the_original_stays_one_whatever_comes_in(
    client: FlaskClient, twin: Database
) -> None:
    migrated()
    ada = logged_in(client, ADA, ADAS_PASSWORD)
    ada.deposits(10_000)

    answer = ada.post("/withdrawals", YACHT, "yacht")

    assert (answer.status_code, answer.get_json()["code"]) == (400, "insufficient_funds")
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert ada.balance() == ADAS_CENTS + 10_000_00


def test_the_opening_balance_is_the_ledgers_first_entry(
    client: FlaskClient, twin: Database
) -> None:
    migrated()
    ada = logged_in(client, ADA, ADAS_PASSWORD)
    ada.withdraws(2.25, "new")

    entries = ada.get("/wallets/transactions").get_json()["data"]

    assert [(e["sequence"], e["type"], e["amountCents"]) for e in entries] == [
        (2, "withdrawal", -225),
        (1, "adjustment", ADAS_CENTS),
    ]
    assert entries[1]["reason"] == "opening balance"
    assert entries[1]["balanceAfterCents"] == ADAS_CENTS


def test_old_withdrawals_are_listed_with_their_statuses_and_keys(
    client: FlaskClient, twin: Database
) -> None:
    migrated()
    ada = logged_in(client, ADA, ADAS_PASSWORD)

    shown = ada.get("/withdrawals").get_json()["data"]

    assert [(w["status"], w["amountCents"], w.get("idempotencyKey")) for w in reversed(shown)] == [
        ("success", 3025, RENT_KEY),
        ("success", 500, None),
        ("success", 600, None),
        ("success", 700, "quoted-key"),
        ("failed", 500000, "yacht"),
        ("failed", 100, "dollars"),
    ]
    assert {len(w["history"]) for w in shown} == {1}


def test_floating_point_cents_become_whole_ones(twin: Database) -> None:
    grace = user_of(twin, "gracehopper@gmail.com")
    assert isinstance(twin.wallets.find_one({"user": grace})["balanceCents"], float)  # type: ignore[index]

    migrated()

    types = twin.wallets.distinct("balanceCents", {"balanceCents": {"$type": "double"}})
    assert types == []
    assert twin.withdrawals.count_documents({"amountCents": {"$type": "double"}}) == 0
    assert twin.wallets.find_one({"user": grace})["balanceCents"] == GRACES_CENTS  # type: ignore[index]


def test_who_was_inactive_there_is_inactive_here(client: FlaskClient, twin: Database) -> None:
    user = user_of(twin, "ada.lovelace@example.com")
    twin.users.update_one({"_id": user}, {"$set": {"isActive": False}})

    migrated()

    assert twin.wallets.find_one({"user": user})["active"] is False  # type: ignore[index]
    answer = client.post("/auth/login", json={"email": ADA, "password": ADAS_PASSWORD})
    assert answer.status_code == 401


def test_members_of_mongoose_are_in_nobodys_way(client: FlaskClient, twin: Database) -> None:
    for name in "users", "wallets", "withdrawals":
        twin[name].update_many({}, {"$set": {"__v": 0, "note": "of the original"}})

    moved = migrated()

    assert moved.exit_code == 0
    ada = logged_in(client, ADA, ADAS_PASSWORD)
    assert ada.withdraws(1).status_code == 201
    assert ada.get("/withdrawals").status_code == 200
    assert ada.get("/wallets/statement").status_code == 200


def test_its_sparse_and_unique_indexes_are_replaced(client: FlaskClient, twin: Database) -> None:
    twin.withdrawals.drop_index("user_1_idempotencyKey_1")
    twin.withdrawals.delete_many(
        {"user": user_of(twin, "ada.lovelace@example.com"), "status": {"$ne": "success"}}
    )
    twin.withdrawals.delete_many({"idempotencyKey": {"$exists": False}, "amountCents": 600})
    twin.withdrawals.create_index([("user", 1), ("idempotencyKey", 1)], unique=True, sparse=True)
    twin.withdrawals.create_index("destination", unique=True, sparse=True)
    twin.withdrawals.create_index("status")

    moved = migrated()

    assert (moved.exit_code, "indexes replaced: 2" in moved.output) == (0, True)
    indexes = twin.withdrawals.index_information()
    assert indexes["user_1_idempotencyKey_1"]["partialFilterExpression"] == {
        "idempotencyKey": {"$gt": ""}
    }
    assert "destination_1" not in indexes
    assert "status_1" in indexes
    ada = logged_in(client, ADA, ADAS_PASSWORD)
    assert [ada.withdraws(1).status_code for _ in range(2)] == [201, 201]
    sweep_everything()
    assert audited().exit_code == 0


def test_what_is_moved_in_can_be_reversed_once(client: FlaskClient, twin: Database) -> None:
    old = twin.withdrawals.find_one({"idempotencyKey": RENT_KEY})
    assert old is not None
    migrated()

    for _ in range(2):
        reversal.reverse(str(old["_id"]), "the bank sent it back")

    assert logged_in(client, ADA, ADAS_PASSWORD).balance() == ADAS_CENTS + 3025
    assert audited("--verify-chain").differences == []


def test_a_second_migration_finds_nothing_to_do(twin: Database) -> None:
    migrated()
    sweep_everything()
    before = list(twin.wallets.find())

    again = migrated()

    assert (again.exit_code, again.output) == (
        0,
        "The database is of this version. Nothing to do.\n",
    )
    assert list(twin.wallets.find()) == before


def test_everything_that_was_moved_in_carries_the_version(twin: Database) -> None:
    migrated()

    for name in "users", "wallets", "withdrawals":
        assert twin[name].distinct("schemaVersion") == [SCHEMA_VERSION]
        assert twin[name].count_documents({"schemaVersion": {"$exists": False}}) == 0
