"""The audit knows limits: a day has the sum of its movements, and no refusal is forged."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.database import Database

from tests.money.audit_books import audited
from tests.support.books import sweep_everything
from tests.support.people import Person
from wallet_api.config import settings
from wallet_api.withdrawals import reversal

pytestmark = pytest.mark.in_process("sets the settings of its process")


@pytest.fixture
def limited(alice: Person, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Two withdrawals of which one came back, and one refusal, all of today."""
    monkeypatch.setenv("LIMIT_PER_DAY", "INR:100")
    settings.cache_clear()
    alice = alice.in_process
    alice.deposits(1000)
    alice.withdraws(30)
    failed = alice.withdraws(70).get_json()["id"]
    assert alice.withdraws(1).get_json()["code"] == "limit_exceeded"
    sweep_everything()
    reversal.reverse(failed, "came back")
    yield alice
    monkeypatch.undo()
    settings.cache_clear()


def kinds() -> list[str]:
    found = audited("--verify-chain").differences
    return [difference["kind"] for difference in found]


@pytest.mark.parametrize("copied", [False, True])
def test_what_the_service_does_is_right(limited: Person, copied: bool) -> None:
    limited.withdraws(5)
    limited.withdraws(99)
    if copied:
        sweep_everything()

    assert kinds() == []


@pytest.mark.parametrize("member", ["cents", "count"])
@pytest.mark.parametrize("copied", [False, True])
def test_a_sum_that_was_changed_is_found(
    limited: Person, db: Database, member: str, copied: bool
) -> None:
    limited.withdraws(5)
    if copied:
        sweep_everything()
    wallet = db.wallets.find_one({"user": limited.id}) or {}
    (day,) = wallet["spent"]

    db.wallets.update_one({"user": limited.id}, {"$inc": {f"spent.{day}.{member}": -1}})

    assert kinds() == ["day_sum"]


def test_todays_sum_that_was_removed_is_found(limited: Person, db: Database) -> None:
    db.wallets.update_one({"user": limited.id}, {"$unset": {"spent": 1}})

    assert kinds() == ["day_sum"]


FORGERIES: dict[str, tuple[str, dict[str, Any], dict[str, Any], set[str]]] = {
    "the limit of a refusal": (
        "withdrawals",
        {"exceeded": {"$exists": True}},
        {"$set": {"exceeded.leftCents": 7}},
        {"refusal_changed"},
    ),
    "a refusal without its limit": (
        "withdrawals",
        {"exceeded": {"$exists": True}},
        {"$unset": {"exceeded": 1}},
        {"refusal_changed"},
    ),
    "the day of an entry": (
        "ledger_entries",
        {"type": "withdrawal", "amountCents": -3000},
        {"$unset": {"limitDay": 1}},
        {"entry_changed", "day_sum", "record_differs"},
    ),
    "the day of a withdrawal": (
        "withdrawals",
        {"amountCents": 3000},
        {"$set": {"limitDay": "20200101"}},
        {"record_differs"},
    ),
    "a day in place of the name of a key": (
        "ledger_entries",
        {"type": "refund"},
        [{"$set": {"backendKey": "$limitDay"}}, {"$unset": "limitDay"}],  # type: ignore[dict-item]
        {"entry_changed", "day_sum"},
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_found(limited: Person, db: Database, forgery: str) -> None:
    collection, which, change, told = FORGERIES[forgery]

    assert db[collection].update_one({"user": limited.id, **which}, change).modified_count == 1

    assert set(kinds()) == told


@pytest.mark.parametrize("damage", [{"spent": 1}, {"spent": {"x": 1}}, {"limits": []}])
def test_members_that_are_none_are_told(
    limited: Person, db: Database, damage: dict[str, Any]
) -> None:
    db.wallets.update_one({"user": limited.id}, {"$set": damage})

    assert kinds() == ["malformed"]
