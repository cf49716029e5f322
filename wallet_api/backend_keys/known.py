"""Which key a secret belongs to: looked up every few seconds, and not with every request."""

import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo import WriteConcern
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from wallet_api import clock
from wallet_api.backend_keys.secret import digest_of, is_secret
from wallet_api.documents.backend_key import BackendKey

REMEMBERED_SECONDS = 5.0
"""How long a process goes on with what it has read of a key: so long after it was revoked, a key
may still be taken."""

MAX_REMEMBERED = 1000
"""Keys per process."""

LOOKS_PER_SECOND = 100
"""So many secrets that a process does not remember are looked for in a second; those after them
only if they are among all there are, which are then read once for the rest of the second."""

NOTED_AGAIN = timedelta(minutes=1)
"""So long after the last note of its use, a key's use is noted anew."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    scopes: frozenset[str]
    expires_at: datetime | None
    revoked: bool

    @property
    def is_good(self) -> bool:
        return not self.revoked and (self.expires_at is None or clock.now() < self.expires_at)


_remembered: dict[bytes, tuple[Key, float]] = {}
"""By the digest of the secret; and until when, by the monotonic clock."""
_remembering = threading.Lock()


class Looks:
    """What a flood of secrets that nobody has made costs: memory for none of them, and no look into
    the database for each."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._second_ends = 0.0
        self._left = 0
        self._digests: frozenset[bytes] | None = None

    def are_worth_it(self, digest: bytes) -> bool:
        """False: no key had this digest when all were read, within the last second.

        No round trip; one where this second's looks are used up, and the digests are not read yet.
        """
        with self._counting:
            now = time.monotonic()
            if now >= self._second_ends:
                self._second_ends = now + 1
                self._left = LOOKS_PER_SECOND
                self._digests = None
            if self._left > 0:
                self._left -= 1
                return True
            ends, digests = self._second_ends, self._digests
        if digests is None:
            # Not under the lock: where the database hangs, each waits for its own time only.
            read = stored_keys().find({}, {"digest": 1, "_id": 0})
            digests = frozenset(each["digest"] for each in read)
            with self._counting:
                if ends == self._second_ends:
                    self._digests = digests
        return digest in digests


_looks = Looks()

# In a thread of its own: no request waits for the note of its key's use.
_notes = ThreadPoolExecutor(1, thread_name_prefix="key-use")


def key_of(secret: str) -> Key | None:
    """The key that has this secret, be it good or not; None: no key has it.

    No round trip within REMEMBERED_SECONDS of the last, else one, by an index. A secret that is
    unknown is not remembered: one each, while there are LOOKS_PER_SECOND. A new key works at once,
    during a flood of unknown ones a second later at most. Raises PyMongoError.
    """
    if not is_secret(secret):
        return None
    digest = digest_of(secret)
    key, until = _remembered.get(digest, (None, 0.0))
    if time.monotonic() < until:
        return key
    if key is None and not _looks.are_worth_it(digest):
        return None
    # From before it is read: what a revocation changes meanwhile must not be remembered longer.
    until = time.monotonic() + REMEMBERED_SECONDS
    found = stored_keys().find_one({"digest": digest})
    if found is None:
        return None
    key = key_as_read(found)
    remember(digest, key, until)
    if key.is_good:
        _note_use(found)
    return key


def forget() -> None:
    """Read every key anew."""
    global _looks
    _remembered.clear()
    _looks = Looks()


def await_notes() -> None:
    """Return once every use that there was has been noted."""
    _notes.submit(lambda: None).result()


def key_as_read(found: Mapping[str, Any]) -> Key:
    return Key(
        name=found["name"],
        scopes=frozenset(found["scopes"]),
        expires_at=found.get("expiresAt"),
        revoked=found.get("revokedAt") is not None,
    )


def remember(digest: bytes, key: Key, until: float) -> None:
    with _remembering:
        if len(_remembered) >= MAX_REMEMBERED and digest not in _remembered:
            del _remembered[next(iter(_remembered))]
        _remembered[digest] = (key, until)


def _note_use(found: Mapping[str, Any]) -> None:
    now, last = clock.now(), found.get("lastUsedAt")
    if last is None or last <= now - NOTED_AGAIN:
        _notes.submit(write_use, found["_id"], now)


def write_use(key: ObjectId, now: datetime) -> None:
    """The condition is for other processes, which may have noted it since."""
    stale = {"$or": [{"lastUsedAt": None}, {"lastUsedAt": {"$lte": now - NOTED_AGAIN}}]}
    try:
        # A lost note costs nothing but a later one: no wait for the journal.
        notes = stored_keys().with_options(write_concern=WriteConcern(w=1))
        notes.update_one({"_id": key, **stale}, {"$set": {"lastUsedAt": now}})
    except PyMongoError as error:
        log.warning("The use of a back end's key was not noted", exc_info=error)


def stored_keys() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = BackendKey._get_collection()
    return collection
