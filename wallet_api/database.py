"""The connection to MongoDB: writes that are durable whatever the URI says, and the indexes."""

import logging
from typing import Any

import mongoengine
import pymongo
from mongoengine.connection import get_connection
from pymongo import MongoClient
from pymongo.errors import BulkWriteError, PyMongoError, WriteConcernError, WTimeoutError
from pymongo.read_preferences import ReadPreference

from wallet_api import documents
from wallet_api.config import Settings

log = logging.getLogger(__name__)

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
        mongo_client_class=_reading_from_the_primary,
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


def disconnect() -> None:
    global _indexed
    _indexed = False
    mongoengine.disconnect()


def ensure_indexes() -> None:
    """Build every index, or raise PyMongoError. One round trip per index where all exist.

    Explicit, before serving: MongoEngine builds them lazily, and until then a unique index
    refuses nothing.
    """
    global _indexed
    for document in documents.ALL:
        for spec in document._meta["index_specs"]:
            options = {name: value for name, value in spec.items() if name != "fields"}
            document._get_collection().create_index(spec["fields"], **options)
    _indexed = True


def indexes_ready() -> bool:
    """Whether this process has seen every index built; builds them where it has not."""
    if not _indexed:
        try:
            ensure_indexes()
        except PyMongoError:
            log.warning("Indexes could not be built yet", exc_info=True)
    return _indexed


def missing_indexes() -> list[str]:
    """The names of the indexes that the database lacks. One round trip per collection."""
    missing = []
    for document in documents.ALL:
        present = document._get_collection().index_information().values()
        keys = [(index["key"], index.get("unique", False)) for index in present]
        for spec in document._meta["index_specs"]:
            if (list(spec["fields"]), spec.get("unique", False)) not in keys:
                fields = "_".join(name for name, _ in spec["fields"])
                missing.append(f"{document._get_collection_name()}.{fields}")
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


def check_writable(within_seconds: float) -> None:
    """Make one durable write. One round trip.

    A real one: a primary that has lost its majority still says that it is writable.

    Raises PyMongoError: it did not succeed in time.
    """
    with pymongo.timeout(within_seconds):
        probes = get_connection().get_default_database()["readiness"]
        probes.update_one({"_id": "probe"}, {"$inc": {"writes": 1}}, upsert=True)
