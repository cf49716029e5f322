"""The volumes of used keys that this process keeps: full filters, put away, that never change.

So a commit's condition need only say that the wallet has as many volumes as were asked.
"""

import time
from collections import OrderedDict
from threading import Lock

from bson import ObjectId

from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.movements.used_keys import bloom_filter
from wallet_api.movements.used_keys.bloom_filter import Filter

MOST = 256
"""Of a wallet: a million keys. Beyond that its records are looked at."""

ROOM = 1500
"""Volumes of all wallets: 16 MB."""

PAUSE_SECONDS = 0.1
"""Between two changes of a full shelf: wallets that drive each other out must not be read anew with
each movement."""


class _Shelf:
    """Forgets the wallet whose volumes were put here longest ago. Safe among threads."""

    def __init__(self) -> None:
        self._of: OrderedDict[ObjectId, tuple[Filter, ...]] = OrderedDict()
        self._held = 0
        self._closed_until = 0.0
        self._lock = Lock()

    def get(self, user: ObjectId) -> tuple[Filter, ...]:
        return self._of.get(user, ())

    def takes(self, more: int) -> bool:
        return self._held + more <= ROOM or time.monotonic() >= self._closed_until

    def put(self, user: ObjectId, volumes: tuple[Filter, ...]) -> None:
        with self._lock:
            self._held += len(volumes) - len(self._of.pop(user, ()))
            self._of[user] = volumes
            while self._held > ROOM:
                _, dropped = self._of.popitem(last=False)
                self._held -= len(dropped)
                self._closed_until = time.monotonic() + PAUSE_SECONDS

    def clear(self) -> None:
        with self._lock:
            self._of.clear()
            self._held, self._closed_until = 0, 0.0


shelf = _Shelf()


def none_knows(user: ObjectId, scoped_key: str, count: int) -> bool:
    """Whether the key is in none of the wallet's first `count` volumes, for certain.

    False where one may hold it, and where they cannot be kept here: the records tell. No round
    trip, and one for volumes that are new to this process.

    Raises PyMongoError.
    """
    if count == 0:
        return True
    volumes = shelf.get(user)
    if len(volumes) < count:
        volumes = _with_the_missing(user, volumes, count)
    return len(volumes) >= count and not bloom_filter.knows(volumes[:count], user, scoped_key)


def _with_the_missing(
    user: ObjectId, volumes: tuple[Filter, ...], count: int
) -> tuple[Filter, ...]:
    if count > MOST or not shelf.takes(count - len(volumes)):
        return volumes
    wanted = {"user": user, "number": {"$gt": len(volumes), "$lte": count}}
    found = list(SealedKeyFilter._get_collection().find(wanted).sort("number", 1))
    if len(found) == count - len(volumes):
        volumes += tuple(tuple(volume["seenKeys"]) for volume in found)
        shelf.put(user, volumes)
    return volumes
