"""What only a person can decide is reported, with exit code 1, and stays as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from flask.testing import FlaskClient
from pymongo.database import Database

from tests.moving_in.original import (
    ADA,
    ADAS_CENTS,
    ADAS_PASSWORD,
    RENT_KEY,
    logged_in,
    migrated,
    user_of,
)
from wallet_api.migrations import batches, wallets

pytestmark = pytest.mark.slow

ADAS_EMAIL = "ada.lovelace@example.com"


def user_like_ada(db: Database, **members: Any) -> ObjectId:
    ada = db.users.find_one({"email": ADAS_EMAIL})
    assert ada is not None
    user = ada | {"_id": ObjectId()} | members
    db.users.insert_one(user)
    db.wallets.insert_one({"user": user["_id"], "balanceCents": 1, "currency": "INR"})
    return user["_id"]


def wallet_of_ada(db: Database) -> Any:
    return db.wallets.find_one({"user": user_of(db, ADAS_EMAIL)})


def set_wallet(**members: Any) -> Callable[[Database], None]:
    def change(db: Database) -> None:
        db.wallets.update_one({"_id": wallet_of_ada(db)["_id"]}, {"$set": members})

    return change


def set_withdrawal(**members: Any) -> Callable[[Database], None]:
    def change(db: Database) -> None:
        db.withdrawals.update_one({"idempotencyKey": RENT_KEY}, {"$set": members})

    return change


UNFIT_WALLETS = {
    "a fraction of a cent": (set_wallet(balanceCents=10.5), "balanceCents is 10.5"),
    "less than nothing": (set_wallet(balanceCents=-1), "balanceCents is -1"),
    "text": (set_wallet(balanceCents="5225"), "balanceCents is '5225'"),
    "not a number": (set_wallet(balanceCents=float("nan")), "balanceCents is nan"),
    "infinite": (set_wallet(balanceCents=float("inf")), "balanceCents is inf"),
    "true": (set_wallet(balanceCents=True), "balanceCents is True"),
    "null": (set_wallet(balanceCents=None), "balanceCents is None"),
    "inexact": (set_wallet(balanceCents=2.0**53), "balanceCents is 9007199254740992.0"),
    "an unknown currency": (set_wallet(currency="XXQ"), "currency is 'XXQ'"),
    "no currency": (set_wallet(currency=None), "currency is None"),
    "a user that is no id": (set_wallet(user="ada"), "user is 'ada'"),
    "an outbox and nothing else of ours": (set_wallet(outbox=[]), "sequence is None"),
}
UNFIT_WITHDRAWALS = {
    "no amount": (set_withdrawal(amountCents=0), "amountCents is 0"),
    "a fraction": (set_withdrawal(amountCents=1.5), "amountCents is 1.5"),
    "an unknown status": (set_withdrawal(status="lost"), "status is 'lost'"),
    "no destination": (set_withdrawal(destination=None), "destination is None"),
    "no user": (set_withdrawal(user=None), "user is None"),
}


@pytest.mark.parametrize("unfit", UNFIT_WALLETS)
def test_a_wallet_that_cannot_be_read_exactly(twin: Database, unfit: str) -> None:
    spoil, told = UNFIT_WALLETS[unfit]
    spoil(twin)
    before = list(twin.wallets.find({"outbox": {"$exists": unfit.startswith("an outbox")}}))

    moved = migrated()

    assert moved.exit_code == 1
    assert any(told in line for line in moved.left()), moved.left()
    (left,) = twin.wallets.find({"schemaVersion": {"$exists": False}})
    assert any(repr(left) == repr(each) for each in before)


@pytest.mark.parametrize("unfit", UNFIT_WITHDRAWALS)
def test_a_withdrawal_that_cannot_be_read_exactly(twin: Database, unfit: str) -> None:
    spoil, told = UNFIT_WITHDRAWALS[unfit]
    spoil(twin)
    before = twin.withdrawals.find_one({"idempotencyKey": RENT_KEY})

    moved = migrated()

    assert (moved.exit_code, [told in line for line in moved.left()]) == (1, [True])
    assert twin.withdrawals.find_one({"idempotencyKey": RENT_KEY}) == before


@pytest.mark.parametrize("other", ["Ada.Lovelace@Example.com", "ADA.LOVELACE@EXAMPLE.COM"])
def test_two_users_of_one_email_are_not_guessed_apart(
    client: FlaskClient, twin: Database, other: str
) -> None:
    user_like_ada(twin, email=other)
    before = list(twin.users.find({"email": {"$regex": "(?i)ada"}}).sort("_id", 1))

    moved = migrated()

    (told,) = moved.left()
    assert moved.exit_code == 1
    assert told.endswith(f"all of them would be {ADAS_EMAIL}")
    assert all(str(user["_id"]) in told and user["email"] in told for user in before)
    assert list(twin.users.find({"email": {"$regex": "(?i)ada"}}).sort("_id", 1)) == before


def test_two_spellings_neither_of_which_is_canonical_clash_too(twin: Database) -> None:
    user_like_ada(twin, email="ADA.lovelace@example.com")
    ada = user_of(twin, ADAS_EMAIL)
    twin.users.update_one({"_id": ada}, {"$set": {"email": "Ada.Lovelace@example.com"}})

    moved = migrated()

    assert (moved.exit_code, len(moved.left())) == (1, 1)
    assert twin.users.count_documents({"email": ADAS_EMAIL}) == 0


def test_the_same_email_twice_to_the_letter_is_a_clash(twin: Database) -> None:
    twin.users.drop_index("email_1")
    user_like_ada(twin)

    moved = migrated()

    assert moved.exit_code == 1
    assert any(f"all of them would be {ADAS_EMAIL}" in line for line in moved.left())


def test_a_clash_that_a_person_has_settled_is_migrated_next_time(
    client: FlaskClient, twin: Database
) -> None:
    other = user_like_ada(twin, email=ADA)
    first = migrated()
    twin.users.update_one({"_id": other}, {"$set": {"email": "other@example.com"}})

    second = migrated()

    assert (first.exit_code, second.exit_code) == (1, 0)
    assert logged_in(client, ADA, ADAS_PASSWORD).balance() == ADAS_CENTS
    assert migrated().output == "The database is of this version. Nothing to do.\n"


@pytest.mark.parametrize(
    ("member", "value", "told"),
    [
        ("email", "not an email", "is no email address"),
        ("email", None, "is no email address"),
        ("password", "plain text", "neither a bcrypt nor an argon2id hash"),
        ("password", None, "neither a bcrypt nor an argon2id hash"),
    ],
)
def test_a_user_who_could_not_log_in(twin: Database, member: str, value: Any, told: str) -> None:
    ada = user_of(twin, ADAS_EMAIL)
    twin.users.update_one({"_id": ada}, {"$set": {member: value}})

    moved = migrated()

    assert (moved.exit_code, [told in line for line in moved.left()]) == (1, [True])
    assert "schemaVersion" not in twin.users.find_one({"_id": ada})  # type: ignore[operator]


def test_two_wallets_of_one_user(twin: Database) -> None:
    twin.wallets.drop_index("user_1")
    ada = wallet_of_ada(twin)
    twin.wallets.insert_one(ada | {"_id": ObjectId(), "balanceCents": 7})

    moved = migrated()

    assert moved.exit_code == 1
    assert any(f"user {ada['user']} has 2 wallets" in line for line in moved.left())
    assert any("index cannot be built" in line for line in moved.left())
    wallets_of = list(twin.wallets.find({"user": ada["user"]}))
    assert all("outbox" not in wallet for wallet in wallets_of)


def test_a_wallet_without_its_user(twin: Database) -> None:
    ada = wallet_of_ada(twin)
    twin.users.delete_one({"_id": ada["user"]})

    moved = migrated()

    (told,) = moved.left()
    assert (moved.exit_code, told) == (
        1,
        f"wallet {ada['_id']}: it has {ADAS_CENTS} cents, and there is no user {ada['user']}",
    )
    assert twin.wallets.find_one({"_id": ada["_id"]}) == ada


def test_a_user_without_a_wallet(client: FlaskClient, twin: Database) -> None:
    twin.wallets.delete_one({"_id": wallet_of_ada(twin)["_id"]})

    moved = migrated()

    assert (moved.exit_code, "there is no wallet" in moved.left()[0]) == (1, True)
    assert logged_in(client, ADA, ADAS_PASSWORD).balance() == 0
    assert migrated().exit_code == 0


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_a_withdrawal_that_is_stuck_stays_so_until_a_person_decides(
    client: FlaskClient, twin: Database, status: str
) -> None:
    set_withdrawal(status=status)(twin)
    stuck = twin.withdrawals.find_one({"idempotencyKey": RENT_KEY})
    assert stuck is not None

    first = migrated()

    assert (first.exit_code, str(stuck["_id"]) in first.left()[0]) == (1, True)
    ada = logged_in(client, ADA, ADAS_PASSWORD)
    again = ada.withdraws(30.25, RENT_KEY, "bank-account-0001")
    assert (again.status_code, again.get_json()["status"]) == (201, status)
    assert ada.balance() == ADAS_CENTS
    twin.withdrawals.update_one({"_id": stuck["_id"]}, {"$set": {"status": "success"}})
    assert migrated().exit_code == 0


def test_one_key_with_and_without_quotes(twin: Database) -> None:
    ada = user_of(twin, ADAS_EMAIL)
    twin.withdrawals.update_one(
        {"user": ada, "amountCents": 600}, {"$set": {"idempotencyKey": "quoted-key"}}
    )

    moved = migrated()

    (told,) = moved.left()
    assert (moved.exit_code, "has used the key 'quoted-key' twice" in told) == (1, True)


def test_a_wallet_that_is_left_moves_no_money(client: FlaskClient, twin: Database) -> None:
    set_wallet(balanceCents=10.5)(twin)
    migrated()
    ada = logged_in(client, ADA, ADAS_PASSWORD)
    before = wallet_of_ada(twin)

    statuses = {ada.deposits(1).status_code, ada.withdraws(1, "k").status_code}

    assert statuses <= {400, 401, 503}, statuses
    assert wallet_of_ada(twin) == before


def test_what_is_left_is_named_once_however_often_a_step_is_repeated(
    twin: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_wallet(balanceCents=10.5)(twin)
    apply = batches.apply
    turns = iter((True, True))

    def missing_one(*given: Any) -> Any:
        given[-1].missed += next(turns, False)
        return apply(*given)

    monkeypatch.setattr(wallets, "apply", missing_one)

    assert len(migrated().left()) == 1
