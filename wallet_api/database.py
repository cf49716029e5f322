"""The connection to MongoDB: writes that are durable whatever the URI says, and the indexes."""

from datetime import datetime
from typing import Any

import mongoengine
import pymongo
from mongoengine import Document
from mongoengine.connection import get_connection, get_db
from pymongo import MongoClient
from pymongo.errors import (
    BulkWriteError,
    DuplicateKeyError,
    OperationFailure,
    WriteConcernError,
    WTimeoutError,
)
from pymongo.read_preferences import ReadPreference

from wallet_api import clock, documents, index_options
from wallet_api.config import Settings
from wallet_api.database_trouble import IndexInTheWay
from wallet_api.round_trips import CountingClient

_EXISTS_OTHERWISE = {85, 86}  # IndexOptionsConflict, IndexKeySpecsConflict

_indexed = False


def connect(settings: Settings) -> MongoClient[dict[str, Any]]:
    """Connect this process, lazily: the first operation opens the first socket. No round trips.

    Writes are acknowledged by a majority and journaled, reads come from the primary: a weaker
    option in the URI is overruled, since an acknowledged movement must survive a kill -9 of the
    server (a standalone's default lost 117 of them) and a failover.
    """
    timeout_ms = int(settings.database_timeout_seconds * 1000)
    mongoengine.disconnect()
    client: MongoClient[dict[str, Any]] = mongoengine.connect(
        host=settings.mongo_uri,
        tz_aware=True,
        uuidRepresentation="standard",
        w="majority",
        journal=True,
        wtimeoutms=timeout_ms,
        retryWrites=True,
        mongo_client_class=_counting if settings.request_log else _reading_from_the_primary,
        readConcernLevel="local",
        serverSelectionTimeoutMS=timeout_ms,
        connectTimeoutMS=timeout_ms,
        socketTimeoutMS=2 * timeout_ms,
        waitQueueTimeoutMS=timeout_ms,
        maxPoolSize=max(64, settings.threads + 8),
    )
    concern = client.write_concern.document
    if concern.get("w") != "majority" or concern.get("j") is not True:
        raise RuntimeError(f"Writes would not be durable: {concern}")
    return client


def _reading_from_the_primary(**options: Any) -> MongoClient[dict[str, Any]]:
    # MongoEngine lets a preference in the URI overrule the one that it is given.
    return MongoClient(**options | {"read_preference": ReadPreference.PRIMARY})


def _counting(**options: Any) -> CountingClient:
    return CountingClient(**options | {"read_preference": ReadPreference.PRIMARY})


def disconnect() -> None:
    global _indexed
    _indexed = False
    mongoengine.disconnect()


def ensure_indexes() -> None:
    """Build every index, or raise PyMongoError. One round trip per index where all exist.

    Explicit, before serving: MongoEngine builds them lazily, and until then a unique index
    refuses nothing.

    Raises IndexInTheWay: one of the same name or keys is of another kind, or documents that exist
    break its rule.
    """
    global _indexed
    for document in documents.ALL:
        for spec in document._meta["index_specs"]:
            options = {name: value for name, value in spec.items() if name != "fields"}
            try:
                document._get_collection().create_index(spec["fields"], **options)
            except OperationFailure as error:
                raise _said_plainly(error, document, spec) from error
    _indexed = True


def _said_plainly(
    error: OperationFailure, document: type[Document], spec: dict[str, Any]
) -> OperationFailure:
    name = f"{document._get_collection_name()}.{index_options.name_of(spec['fields'])}"
    if error.code in _EXISTS_OTHERWISE:
        return IndexInTheWay(
            f"the index {name} exists as another kind: run `flask --app wsgi migrate`, which "
            "replaces it, or drop it",
            error.code,
        )
    if isinstance(error, DuplicateKeyError):
        return IndexInTheWay(
            f"the unique index {name} cannot be built: documents share its keys; "
            "`flask --app wsgi audit` names them",
            error.code,
        )
    return error


def indexed() -> bool:
    """Whether this process has seen every index built. No round trip."""
    return _indexed


def missing_indexes() -> list[str]:
    """The names of the indexes that the database lacks. One round trip per collection.

    One of another kind is lacking too, and is named with what differs.
    """
    missing = []
    for document in documents.ALL:
        present = document._get_collection().index_information()
        for spec in document._meta["index_specs"]:
            reason = index_options.what_is_missing(spec, present)
            if reason is not None:
                fields = "_".join(name for name, _ in spec["fields"])
                name = f"{document._get_collection_name()}.{fields}"
                missing.append(f"{name} ({reason})" if reason else name)
    return missing


def server() -> MongoClient[dict[str, Any]]:
    """The connected client."""
    client: MongoClient[dict[str, Any]] = get_connection()
    return client


def check_durable(error: BulkWriteError) -> None:
    """Raises WriteConcernError: some of what was written could still be lost, or may stay.

    As a single write would have raised it: WTimeoutError where the acknowledgement timed out.
    """
    if error.details["writeConcernErrors"]:
        kind = WTimeoutError if error.timeout else WriteConcernError
        raise kind("Not durable", details=error.details) from error


def clock_offset_seconds() -> float:
    """How far this host's clock is ahead of the database's, by which the ledger is booked.

    Negative: behind. Right to half of the time that its one round trip takes.

    Raises PyMongoError.
    """
    asked = clock.now()
    admin = server().admin
    there: datetime = admin.command("hello", codec_options=admin.codec_options)["localTime"]
    here = asked + (clock.now() - asked) / 2
    return (here - there).total_seconds()


def check_answers(within_seconds: float) -> None:
    """Reach the primary, and log in. One round trip. Raises PyMongoError: not in time."""
    with pymongo.timeout(within_seconds):
        get_db().command("ping")


def check_writable(within_seconds: float) -> None:
    """Make one durable write. One round trip.

    A real one: a primary that has lost its majority still says that it is writable.

    Raises PyMongoError: it did not succeed in time.
    """
    with pymongo.timeout(within_seconds):
        probes = get_db()["readiness"]
        probes.update_one({"_id": "probe"}, {"$inc": {"writes": 1}}, upsert=True)
