"""Whether the database holds the version of the documents that this code reads and writes."""

import logging
from typing import Any

from pymongo.errors import PyMongoError

from wallet_api import ledger_signing
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.schema_record import ONLY, SCHEMA_VERSION, SchemaRecord
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal

log = logging.getLogger(__name__)

_current = False
_told: str | None = None
_bcrypt_cost: int | None = None


def is_current() -> bool:
    """Whether this process has found the database current. One round trip until it has, then none.

    Several round trips for a database that is empty: it gets the present version.
    """
    if not _current:
        try:
            _tell(problem())
        except PyMongoError as error:
            _tell(f"the database's schema version cannot be read: {error!s:.200}")
    return _current


def seen_current() -> bool:
    """Whether this process has found the database current. No round trip."""
    return _current


def problem() -> str | None:
    """What is wrong with the database's version, and what to do; None: it is current.

    One round trip; several for a database that is empty: it gets the present version.

    Raises PyMongoError.
    """
    global _current, _bcrypt_cost
    record = read() or _first_record()
    _current = record["version"] == SCHEMA_VERSION
    _bcrypt_cost = record.get("bcryptCost")
    if _current:
        told = ledger_problem(record)
        _current = told is None
        return told
    if record["version"] < SCHEMA_VERSION:
        return (
            f"the database is of schema version {record['version']}, older than this code's "
            f"{SCHEMA_VERSION}: run flask --app wsgi migrate"
        )
    return (
        f"the database is of schema version {record['version']}, newer than this code's "
        f"{SCHEMA_VERSION}: run the version of the code that migrated it"
    )


def ledger_problem(record: dict[str, Any]) -> str | None:
    """What is wrong with this process's LEDGER_SECRET; None: nothing.

    No round trip, and one where a secret is new to the database: it is the ledger's from now on.
    Two processes that signed with different secrets would leave books that nobody can verify.
    """
    known, mine = record.get("ledgerSecrets") or [], ledger_signing.fingerprints()
    if known != mine and known == mine[: len(known)]:
        unchanged = {"_id": ONLY, "ledgerSecrets": known or {"$exists": False}}
        SchemaRecord._get_collection().update_one(unchanged, {"$set": {"ledgerSecrets": mine}})
        return ledger_problem(read() or {})
    return secret_problem(record)


def begin_ledger() -> str | None:
    """Make this process's secrets the ledger's before anything is signed with them, so that a
    migration which breaks off is not ended with others. What keeps it from that; None: nothing.
    Three round trips, and one more where a secret is new."""
    unknown = {"version": 0, "left": 0}
    SchemaRecord._get_collection().update_one({"_id": ONLY}, {"$setOnInsert": unknown}, upsert=True)
    return ledger_problem(read() or {})


def secret_problem(record: dict[str, Any]) -> str | None:
    """The same, as the database has it now. No round trip."""
    known, mine = record.get("ledgerSecrets") or [], ledger_signing.fingerprints()
    if known == mine[: len(known)]:
        return None
    if mine == known[: len(mine)]:
        return "LEDGER_SECRET lacks the newest secret that signs this database's ledger"
    return "LEDGER_SECRET is not the one that signs this database's ledger"


def bcrypt_cost() -> int | None:
    """Of the passwords that were moved in from elsewhere; None: there are none. No round trip."""
    return _bcrypt_cost


def read() -> dict[str, Any] | None:
    """The database's record; None: it has none, since it is empty or older. One round trip."""
    record: dict[str, Any] | None = SchemaRecord._get_collection().find_one({"_id": ONLY})
    return record


def write(**members: Any) -> None:
    """Change the database's record. One round trip."""
    SchemaRecord._get_collection().update_one({"_id": ONLY}, {"$set": members}, upsert=True)


def _tell(problem: str | None) -> None:
    """Once, not with each request that is held back."""
    global _told
    if problem is not None and problem != _told:
        log.warning("Requests are held back: %s", problem)
    _told = problem


def forget() -> None:
    """Ask the database again, which may be another one."""
    global _current, _bcrypt_cost
    _current, _bcrypt_cost = False, None


def _first_record() -> dict[str, Any]:
    """Of a database that has none yet: the present version where nothing is in it, else 0."""
    for document in (User, Wallet, LedgerEntry, Withdrawal):
        if document._get_collection().find_one({}, {"_id": 1}) is not None:
            return {"version": 0}
    present = {"version": SCHEMA_VERSION, "left": 0}
    SchemaRecord._get_collection().update_one({"_id": ONLY}, {"$setOnInsert": present}, upsert=True)
    return read() or present
