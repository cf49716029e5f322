"""A wallet that older code of this project wrote moves its money as before, and pays no key twice.

`older_code.json` has, by the subject of a commit, the database that its code made of one history:
four movements that were copied, two more that were, and two that still wait in the outbox. The last
one's filter was full after two keys; the first one's relay had died before it truncated the outbox.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId, json_util
from pymongo.database import Database

from tests.money.audit_books import audited
from tests.moving_in.original import empty, migrated
from tests.support.books import assert_books_balance, balance_of, sweep_everything
from wallet_api import errors
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements.orders import Order
from wallet_api.movements.post import post
from wallet_api.movements.used_keys import bloom_filter, recent

pytestmark = pytest.mark.slow

WRITTEN: dict[str, Any] = json_util.loads(
    Path(__file__).with_name("older_code.json").read_text(),
    json_options=json_util.JSONOptions(tz_aware=True),
)

BALANCE_CENTS = 70_50
DEPOSITS = {"salary": 100_00, "tip": 7_00, "waiting": 1_00}
WITHDRAWALS = {"rent": 30_00, "coffee": 2_00, "waiting-too": 50}
REFUSED = "yacht"


def keeps_its_filter(subject: str) -> bool:
    return not {"volumes", "sealedFilters"}.isdisjoint(WRITTEN[subject]["wallets"][0])


@pytest.fixture(params=WRITTEN)
def older(db: Database, request: pytest.FixtureRequest) -> Iterator[ObjectId]:
    """The user of the wallet."""
    load(db, request.param)
    yield db.wallets.find_one()["user"]  # type: ignore[index]
    empty(db)


def load(db: Database, subject: str, cleared: Callable[[Database], None] = empty) -> None:
    cleared(db)
    for name, documents in WRITTEN[subject].items():
        db[name].insert_many(documents)
    if "users" not in WRITTEN[subject]:
        user = {"email": "ada@example.com", "password": "$argon2id$", "currency": "INR"}
        db.users.insert_one({"_id": WRITTEN[subject]["wallets"][0]["user"], **user})


def deposited(user: ObjectId, cents: int, key: str) -> bool:
    """Whether it was a replay."""
    return post(Order(user, MovementKind.DEPOSIT, cents, "INR", key)).replayed


def withdrawn(user: ObjectId, cents: int, key: str) -> bool:
    return post(Order(user, MovementKind.WITHDRAWAL, -cents, "INR", key, "bank-1")).replayed


def assert_every_old_key_is_a_replay(user: ObjectId) -> None:
    for key, cents in DEPOSITS.items():
        assert deposited(user, cents, key), key
    for key, cents in WITHDRAWALS.items():
        assert withdrawn(user, cents, key), key
    with pytest.raises(errors.InsufficientFunds) as refusal:
        withdrawn(user, 999_00, REFUSED)
    assert refusal.value.replayed


def test_no_old_key_pays_again(older: ObjectId) -> None:
    moved = migrated()

    assert (moved.exit_code, moved.left()) == (0, [])
    for _ in "with two in the outbox", "with all copied":
        recent.clear()
        assert_every_old_key_is_a_replay(older)
        assert balance_of(older) == BALANCE_CENTS
        sweep_everything()


def test_its_books_balance_with_all_that_comes(older: ObjectId) -> None:
    migrated()

    assert audited("--verify-chain").differences == []
    assert not deposited(older, 5_00, "new")
    assert not withdrawn(older, 1_00, "new")
    assert_books_balance(older)
    assert audited("--verify-chain").differences == []
    assert balance_of(older) == BALANCE_CENTS + 4_00


def test_no_member_of_older_code_is_left(older: ObjectId, db: Database) -> None:
    migrated()

    (wallet,) = db.wallets.find()
    gone = {"volumes", "copied", "generations", "migrating"}
    assert gone & wallet.keys() == set()
    assert "key_volumes" not in db.list_collection_names()
    assert db.sealed_key_filters.count_documents({}) == wallet["sealedFilters"]


@pytest.mark.parametrize("older", [n for n in WRITTEN if not keeps_its_filter(n)], indirect=True)
def test_more_keys_than_a_filter_holds_are_sealed(
    older: ObjectId, tiny_filter: None, db: Database
) -> None:
    migrated()

    assert db.wallets.find_one()["sealedFilters"] >= 1  # type: ignore[index]
    recent.clear()
    assert_every_old_key_is_a_replay(older)
    assert_books_balance(older)


def test_filters_of_both_names_become_one_collection(db: Database) -> None:
    subject = list(WRITTEN)[-1]
    load(db, subject)
    db.sealed_key_filters.create_index([("user", 1), ("number", 1)], unique=True)
    db.sealed_key_filters.insert_one(WRITTEN[subject]["key_volumes"][0])
    db.key_volumes.insert_one({"_id": ObjectId(), "user": ObjectId(), "number": 1, "seenKeys": []})

    moved = migrated()

    assert moved.exit_code == 0
    assert db.sealed_key_filters.count_documents({}) == 2
    assert "key_volumes" not in db.list_collection_names()
    assert_every_old_key_is_a_replay(db.wallets.find_one()["user"])  # type: ignore[index]
    empty(db)


def test_the_older_filters_are_really_of_other_hashes(db: Database) -> None:
    """Else the tests above would hold for a migration that keeps them."""
    subject = next(name for name in WRITTEN if name.startswith("A fourth layer"))
    (wallet,) = WRITTEN[subject]["wallets"]

    known = bloom_filter.might_contain(
        [wallet["seenKeys"]], bloom_filter.positions_of(wallet["user"], "deposit:salary")
    )

    assert not known
