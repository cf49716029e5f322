"""Whether this process can move money right now."""

import time
from threading import Lock
from typing import NamedTuple

import pymongo
from pymongo.errors import PyMongoError

from wallet_api import database, database_watch, schema_version
from wallet_api.database_trouble import Kind

WITHIN_SECONDS = 3.0

MAX_CLOCK_OFFSET_SECONDS = 30
"""Half of what the ledger forgives: see relay.durable_read."""

REMEMBERED_SECONDS = 1.0
"""Probes come from every balancer and every monitor, and each would be a write to the journal."""


class _Probe(NamedTuple):
    began: float
    ended: float
    found: list[str]


_NONE = _Probe(float("-inf"), float("-inf"), [])

_probing = Lock()
_last = _NONE


def failures() -> list[str]:
    """What is in the way, nothing where all is well. Four round trips and one per collection.

    Within WITHIN_SECONDS and a little; at once where the database is known to be in trouble. Those
    who ask at once share an answer. That all is well is remembered for REMEMBERED_SECONDS, unless a
    request meets a trouble meanwhile; then it takes no round trip. A failure is never remembered.
    """
    global _last
    trouble = database_watch.present_trouble()
    if trouble is not None and trouble.kind not in (Kind.SCHEMA, Kind.INDEX):
        return [_told(trouble.reason)]
    asked = time.monotonic()
    last = _last
    if trouble is None and not last.found and asked < last.began + REMEMBERED_SECONDS:
        return []
    with _probing:
        if _last.ended < asked:
            found = _probe()
            _last = _Probe(asked, time.monotonic(), found)
        return _last.found


def forget() -> None:
    """Ask the database again, whatever it has said."""
    global _last
    _last = _NONE


def _probe() -> list[str]:
    if not database_watch.is_ready():
        database_watch.start()
    try:
        with pymongo.timeout(WITHIN_SECONDS):
            database.check_writable(WITHIN_SECONDS)
            if outdated := schema_version.problem():
                return [outdated]
            return _wrong_clock() + [
                f"index missing: {name}" for name in database.missing_indexes()
            ]
    except PyMongoError as error:
        trouble = database_watch.notice(error)
        reason = type(error).__name__ if trouble is None else trouble.reason
        return [_told(reason)]


def _wrong_clock() -> list[str]:
    offset = database.clock_offset_seconds()
    if abs(offset) <= MAX_CLOCK_OFFSET_SECONDS:
        return []
    side = "ahead of" if offset > 0 else "behind"
    return [f"this host's clock is {abs(offset):.0f} s {side} the database's"]


def _told(reason: str) -> str:
    return f"the database takes no write: {reason}"
