"""A member of any type breaks no audit off: the others would never be audited again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import Binary, Code, DatetimeMS, ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from tests.money.audit_books import Books, audited, kept_books
from wallet_api.audit import past
from wallet_api.movements.relay.copy import copy_outbox

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.slow, pytest.mark.lengthy]

VALUES: list[Any] = [
    None,
    "text",
    2**62,
    -1.5,
    [1.5],
    {},
    b"",
    Code("a text for the driver"),
    Binary(b"abc", 4),  # a UUID of 3 bytes
    datetime(1, 1, 1, tzinfo=UTC),
    DatetimeMS(2**61),
]
NOT_OF_THE_BOOKS = {"_id", "schemaVersion", "generation", "createdAt"}
BEFORE_ITS_COPY = {("outbox.0.at", datetime), ("outbox.0.idempotencyKey", str)}
"""Of the right type, a movement that is not signed yet may say anything: see docs/money.md."""


@pytest.fixture
def books() -> Books:
    return kept_books()


@pytest.fixture
def anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for anchors of this very moment."""
    monkeypatch.setattr(past, "AGE", timedelta(0))
    return tmp_path / "anchors"


def members_of(document: dict[str, Any], within: str = "") -> Iterator[str]:
    """By their paths."""
    for name, value in document.items():
        if name not in NOT_OF_THE_BOOKS or within:
            yield within + name
        if isinstance(value, dict):
            yield from members_of(value, f"{within}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from members_of(value[0], f"{within}{name}.0.")


def document_of(books: Books, db: Database, what: str) -> tuple[str, dict[str, Any]]:
    name, wanted = {
        "the wallet": ("wallets", {"user": books.user}),
        "a debit": ("ledger_entries", {"_id": books.paid}),
        "a refund": ("ledger_entries", {"user": books.user, "type": "refund"}),
        "a reversed withdrawal": ("withdrawals", {"_id": books.returned}),
        "a refusal": ("withdrawals", {"_id": books.refused}),
    }[what]
    found = db[name].find_one(wanted)
    assert found is not None
    return name, found


@pytest.mark.parametrize(
    "what", ["the wallet", "a debit", "a refund", "a reversed withdrawal", "a refusal"]
)
def test_a_member_of_any_type_is_a_difference(
    books: Books, anchors: Path, db: Database, what: str
) -> None:
    name, document = document_of(books, db, what)
    unseen = []

    for member in members_of(document):
        for value in VALUES:
            db[name].update_one({"_id": document["_id"]}, {"$set": {member: value}})
            found = audited("--anchor", str(anchors))
            db[name].replace_one({"_id": document["_id"]}, document, upsert=True)
            if not found.differences and (member, type(value)) not in BEFORE_ITS_COPY:
                unseen.append((member, value))

    assert unseen == []


@pytest.mark.parametrize("member", ["bookedAt", "digestVersion", "destination", "backendKey"])
def test_a_movement_that_cannot_be_copied_is_a_difference(
    books: Books, db: Database, member: str
) -> None:
    """Else its money would be gone, and its ledger entry never come."""
    db.wallets.update_one({"user": books.user}, {"$set": {f"outbox.0.{member}": [1]}})

    found = audited()

    assert found.kinds() == {"malformed"}
    assert f"a movement in its outbox: its {member} is [1]" in found.named("malformed")["detail"]


def test_a_text_that_is_no_text_breaks_no_audit_off(books: Books, db: Database) -> None:
    copy_outbox(books.user)
    entry = books.entry(6) | {"reason": "REASON"}
    db.ledger_entries.delete_one({"_id": entry["_id"]})
    db.ledger_entries.insert_one(
        RawBSONDocument(bson.encode(entry).replace(b"REASON", b"\xff" * 6))
    )

    assert audited("--verify-chain").kinds() == {"entry_changed"}


def test_an_id_of_any_type_breaks_no_audit_off(books: Books, db: Database) -> None:
    record, entry = document_of(books, db, "a refusal")[1], document_of(books, db, "a debit")[1]
    db.withdrawals.insert_one(record | {"_id": {"a": 1}, "idempotencyKey": "one more"})
    db.ledger_entries.insert_one(entry | {"_id": {"a": ObjectId()}, "sequence": 99})

    assert {"malformed"} <= audited("--verify-chain").kinds()
