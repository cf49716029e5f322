"""What this process knows of the database's state: told in the log when it changes, not before."""

import logging
import time
from threading import Event, Lock, Thread

from wallet_api import database, schema_version
from wallet_api.config import settings
from wallet_api.database_trouble import Kind, Trouble, trouble_in
from wallet_api.errors import OutOfService, Unavailable

log = logging.getLogger(__name__)

WITHIN_SECONDS = 3.0
PAUSE_SECONDS = 1.0
"""Between two looks at a database in trouble; there are none at one without."""

_lock = Lock()
_trouble: Trouble | None = None
_since = 0.0
_watching = False
_known = Event()
"""Set once a watcher's first look has an outcome: all is ready, or a trouble."""


def start() -> None:
    """Build the indexes in a thread, which watches the database until it is ready."""
    global _watching
    with _lock:
        if not _watching:
            _known.clear()
            Thread(target=_watch, name="database-watch", daemon=True).start()
            _watching = True  # not before: a start that fails is tried again


def notice(error: BaseException | None) -> Trouble | None:
    """The trouble that an error tells of, if it does; the end of it is then watched for.

    The first error of a kind is logged, those after it are not: each request would add its line.
    """
    if (trouble := trouble_in(error)) is None:
        return None
    known = _begin(trouble)
    start()
    return known


def present_trouble() -> Trouble | None:
    """What the last look found, some seconds ago at most; None: nothing, as far as is known."""
    return _trouble


def is_ready() -> bool:
    """Whether this process has seen the database current, with every index. No round trip."""
    return schema_version.seen_current() and database.indexed()


def wait_until_ready() -> None:
    """Return once the database is current and has its indexes.

    Waits for that no longer than a request waits for the database, and not at all where the
    database is known to be in trouble. Raises OutOfService, Unavailable.
    """
    start()
    _known.wait(settings().database_timeout_seconds)
    trouble = present_trouble()
    if trouble is not None and trouble.kind is Kind.SCHEMA:
        trouble = _look()  # the migration may have ended a moment ago
    if not is_ready():
        raise refusal(trouble)


def refusal(trouble: Trouble | None) -> OutOfService | Unavailable:
    """What a request is told of it."""
    return OutOfService() if trouble is not None and trouble.is_permanent else Unavailable()


def _watch() -> None:
    while (trouble := _look()) is not None:
        _begin(trouble)
        _known.set()
        time.sleep(PAUSE_SECONDS)
    _end()
    _known.set()


def _look() -> Trouble | None:
    try:
        database.check_writable(WITHIN_SECONDS)
        if outdated := schema_version.problem():
            return Trouble(Kind.SCHEMA, outdated)
        if not database.indexed():
            database.ensure_indexes()
    except Exception as error:
        # Whatever it is: a watcher that ends would leave the service without indexes for good.
        return trouble_in(error) or Trouble(Kind.OTHER, f"{type(error).__name__}: {error!s:.200}")
    return None


def _begin(trouble: Trouble) -> Trouble:
    global _trouble, _since
    with _lock:
        if trouble.is_news_after(_trouble):
            _since = _since if _trouble else time.monotonic()
            _trouble = trouble
            log.error("The database cannot be used: %s", trouble.reason)
        return _trouble or trouble


def _end() -> None:
    """In one step with the last look, so that a trouble noticed after it has a watcher again."""
    global _trouble, _watching
    with _lock:
        if _trouble is not None:
            log.warning("The database can be used again, after %.1f s", time.monotonic() - _since)
        _trouble, _watching = None, False
