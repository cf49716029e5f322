"""A document that is read as a row has the values that MongoEngine would give to the document."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from bson import Decimal128, Int64, ObjectId
from mongoengine import DateTimeField
from pymongo.database import Database

from tests.support.people import funded
from wallet_api.callers import Caller
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.ledger.transactions import Entry
from wallet_api.movements import Order, post, settled
from wallet_api.withdrawals.service import StatusChange, StatusDetails, WithdrawalRecord

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.slow]

READ: dict[Any, type[Any]] = {Withdrawal: WithdrawalRecord, LedgerEntry: Entry}

MISSING = object()
FOUND = {
    "missing": MISSING,
    "null": None,
    "text": "x",
    "digits": "12",
    "a double": 5.0,
    "a long": Int64(7),
    "an int": 7,
    "a boolean": True,
    "a decimal": Decimal128("5"),
    "bytes": b"abc",
    "an id": ObjectId(),
    "a UUID": UUID(int=7),
    "a time": datetime(2026, 2, 24, tzinfo=UTC),
    "a list": ["x"],
    "a document": {"x": 1},
}


def members() -> list[tuple[Any, str]]:
    return [
        (document, name)
        for document, row in READ.items()
        for name in row._fields
        if name not in ("id", "history", "attempts", "status_details")
    ]


@pytest.fixture
def user() -> ObjectId:
    """Of one deposit, and one withdrawal with everything that a record can have."""
    user = funded(1000)
    post(Order(user, "withdrawal", -100, "INR", "k", "bank"))
    settled(Caller(user))
    return user


def row(document: Any, user: ObjectId) -> Any:
    (found,) = document.objects(user=user).rows(READ[document], order_by=("-id",), limit=1)
    return found


def as_in_rows(value: Any) -> Any:
    """Times are in UTC there, and do not say so."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def change(db: Database, document: Any, user: ObjectId, path: str, value: object) -> None:
    """In the newest document of the user."""
    collection = db[document._get_collection_name()]
    update = {"$unset": {path: 1}} if value is MISSING else {"$set": {path: value}}
    collection.find_one_and_update({"user": user}, update, sort=[("_id", -1)])


@pytest.mark.parametrize("value", FOUND.values(), ids=FOUND)
@pytest.mark.parametrize(("document", "name"), members())
def test_a_member_is_what_it_is_in_the_document(
    db: Database, user: ObjectId, document: Any, name: str, value: object
) -> None:
    change(db, document, user, getattr(document, name).db_field, value)

    read = getattr(row(document, user), name)

    whole = getattr(document.objects(user=user).order_by("-id").first(), name)
    if isinstance(getattr(document, name), DateTimeField):
        whole = as_in_rows(whole)
    assert (type(read), read) == (type(whole), whole)


@pytest.mark.parametrize("document", READ)
def test_its_id_is_the_documents(user: ObjectId, document: Any) -> None:
    assert row(document, user).id == document.objects(user=user).order_by("-id").first().id


def test_embedded_documents_are_rows_of_their_own(user: ObjectId) -> None:
    (read,) = row(Withdrawal, user).history

    (whole,) = Withdrawal.objects.get(user=user).history
    assert read == StatusChange(whole.status, as_in_rows(whole.at))


def test_what_only_a_payout_has_is_none_without_one(user: ObjectId) -> None:
    read = row(Withdrawal, user)

    assert (read.attempts, read.status_details) == (None, None)


@pytest.mark.parametrize("value", ["x", 7, [], ["x"], None, MISSING])
def test_what_is_no_embedded_document_is_none_where_a_row_may_be_none(
    db: Database, user: ObjectId, value: object
) -> None:
    for name in ("attempts", "statusDetails"):
        change(db, Withdrawal, user, name, value)

    read = row(Withdrawal, user)

    assert (read.attempts, read.status_details) == (None, None)


def test_the_words_of_a_gateway_are_a_row_of_their_own(db: Database, user: ObjectId) -> None:
    change(db, Withdrawal, user, "statusDetails", {"reason": "closed", "by": "nobody"})

    assert row(Withdrawal, user).status_details == StatusDetails("closed", None, None)


@pytest.mark.parametrize(
    ("history", "shown"),
    [
        (MISSING, []),
        (None, []),
        ("x", []),
        (7, []),
        ({"0": {}}, []),
        (["x", None, 7], []),
        ([{"status": "success"}], [StatusChange("success", None)]),
        ([{"at": None, "by": "nobody"}], [StatusChange(None, None)]),
    ],
)
def test_what_is_no_embedded_document_is_left_out(
    db: Database, user: ObjectId, history: object, shown: list[StatusChange]
) -> None:
    change(db, Withdrawal, user, "history", history)

    assert row(Withdrawal, user).history == shown


def test_members_that_no_document_has_do_no_harm(db: Database, user: ObjectId) -> None:
    before = row(LedgerEntry, user)
    change(db, LedgerEntry, user, "__v", 0)

    assert row(LedgerEntry, user) == before
