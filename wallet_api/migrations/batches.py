"""Documents of older versions read some at a time, and changed if they still are as they were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mongoengine import Document
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from wallet_api import database
from wallet_api.documents.schema_record import SCHEMA_VERSION
from wallet_api.migrations.report import Report

BATCH = 500
DUPLICATE_KEY = 11000

OLDER: dict[str, Any] = {"schemaVersion": {"$not": {"$gte": SCHEMA_VERSION}}}
"""The condition on a document that no migration to this version has changed yet."""

ABSENT = {"$exists": False}


@dataclass(frozen=True, slots=True)
class Change:
    """Of one document. What it sets has the present version added to it."""

    id: Any
    unchanged: dict[str, Any]
    """Members that must still be as they were read, or ABSENT."""
    set: dict[str, Any]
    counts: tuple[str, ...] = ()
    """What the report counts it as."""
    more: dict[str, Any] = field(default_factory=dict)
    """Other operators of the update than `$set`."""

    def operation(self) -> UpdateOne:
        present = {**self.set, "schemaVersion": SCHEMA_VERSION}
        return UpdateOne(
            {"_id": self.id, **OLDER, **self.unchanged}, {"$set": present, **self.more}
        )


def batches_of(document: type[Document], report: Report) -> Iterator[list[dict[str, Any]]]:
    """The older documents of a collection, in the order of their ids. A scan of the collection."""
    cursor = document._get_collection().find(OLDER).sort("_id", 1).batch_size(BATCH)
    while some := list(islice(cursor, BATCH)):
        yield some
        report.progress(len(some))


def apply(document: type[Document], changes: Sequence[Change], report: Report) -> list[Change]:
    """Make the changes, durably; return those that a unique index refuses. One round trip.

    Raises PyMongoError: some have been made, and none needs to be made again.
    """
    refused = [] if report.dry_run else _write(document, changes, report)
    for change in changes:
        if change not in refused:
            report.done.update(change.counts)
    return refused


def _write(document: type[Document], changes: Sequence[Change], report: Report) -> list[Change]:
    if not changes:
        return []
    operations = [change.operation() for change in changes]
    refused: list[Change] = []
    try:
        matched = document._get_collection().bulk_write(operations, ordered=False).matched_count
    except BulkWriteError as error:
        database.check_durable(error)
        if any(failed["code"] != DUPLICATE_KEY for failed in error.details["writeErrors"]):
            raise
        refused = [changes[failed["index"]] for failed in error.details["writeErrors"]]
        matched = error.details["nMatched"]
    report.missed += len(changes) - len(refused) - matched
    return refused
