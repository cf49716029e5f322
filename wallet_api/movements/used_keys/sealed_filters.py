"""The sealed filters of used keys that this process keeps: full filters, which never change.

So a commit's condition need only say how many sealed filters the wallet has.
"""

import time
from collections import OrderedDict
from threading import Lock

from bson import ObjectId

from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.movements.used_keys import bloom_filter
from wallet_api.movements.used_keys.bloom_filter import Positions
from wallet_api.movements.used_keys.sliced_filters import SlicedFilters

MAX_PER_WALLET = 256
"""A million keys. The records of a wallet with more are looked up."""

MAX_FILTERS = 1500
"""Of all wallets together: 16 MB."""

PAUSE_SECONDS = 0.1
"""Between two changes of a full cache: wallets that drive each other out of it must not be read
anew with each movement."""


NONE = SlicedFilters()


class Cache:
    """Drops the wallet whose filters were put here longest ago. Safe among threads."""

    def __init__(self) -> None:
        self._by_user: OrderedDict[ObjectId, SlicedFilters] = OrderedDict()
        self._held = 0
        self._closed_until = 0.0
        self._lock = Lock()

    def get(self, user: ObjectId) -> SlicedFilters:
        return self._by_user.get(user, NONE)

    def can_admit(self, more: int) -> bool:
        return self._held + more <= MAX_FILTERS or time.monotonic() >= self._closed_until

    def put(self, user: ObjectId, filters: SlicedFilters) -> None:
        with self._lock:
            self._held += len(filters) - len(self._by_user.pop(user, NONE))
            self._by_user[user] = filters
            while self._held > MAX_FILTERS:
                _, dropped = self._by_user.popitem(last=False)
                self._held -= len(dropped)
                self._closed_until = time.monotonic() + PAUSE_SECONDS

    def clear(self) -> None:
        with self._lock:
            self._by_user.clear()
            self._held, self._closed_until = 0, 0.0


cache = Cache()
clear = cache.clear


def certainly_unused(user: ObjectId, positions: Positions, count: int) -> bool:
    """Whether the key with these positions is in none of the wallet's first `count` sealed filters,
    for certain.

    False where one may hold it, and where they cannot be kept here: the records tell. No round
    trip, and one for sealed filters that are new to this process.

    Raises PyMongoError.
    """
    if count == 0:
        return True
    filters = cache.get(user)
    if len(filters) < count:
        filters = _with_missing(user, filters, count)
    if len(filters) < count:
        return False
    return not filters.might_contain(positions)


def _with_missing(user: ObjectId, filters: SlicedFilters, count: int) -> SlicedFilters:
    if count > MAX_PER_WALLET or not cache.can_admit(count - len(filters)):
        return filters
    wanted = {"user": user, "number": {"$gt": len(filters), "$lte": count}}
    found = list(SealedKeyFilter._get_collection().find(wanted).sort("number", 1))
    if [each["number"] for each in found] == list(range(len(filters) + 1, count + 1)) and all(
        bloom_filter.is_whole(each.get("seenKeys")) for each in found
    ):
        filters = filters.with_more(each["seenKeys"] for each in found)
        cache.put(user, filters)
    return filters
