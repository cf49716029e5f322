"""What this process has seen lately of wallets and keys: hints that save reads, never truths."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

from bson import ObjectId

from wallet_api.movements.used_keys import sealed_filters

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedMap(Generic[Key, Value]):
    """A dictionary that drops what was written longest ago. Safe among threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        return self._items.get(key)

    def put(self, key: Key, value: Value) -> None:
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            if len(self._items) > self._limit:
                self._items.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._items.clear()


class WalletHint(NamedTuple):
    currency: str
    """Never changes."""
    sealed_filters: int
    layers: int = 1
    """Of its filter. Both as they were when the wallet was last seen."""


wallets: BoundedMap[ObjectId, WalletHint] = BoundedMap(50_000)

own_limits: BoundedMap[ObjectId, Mapping[str, Any] | None] = BoundedMap(20_000)
"""Of wallets that had some when they were last looked up; see movements.limits."""

destinations: BoundedMap[tuple[ObjectId, str], datetime | None] = BoundedMap(50_000)
"""Since when wallets withdraw there, by digest, as they were last looked up."""

answered_keys: BoundedMap[tuple[ObjectId, str], bool] = BoundedMap(20_000)
"""Keys that this process has answered: sent again, they are looked up before anything is tried."""


def clear() -> None:
    """For another database, as tests have it."""
    wallets.clear()
    own_limits.clear()
    destinations.clear()
    answered_keys.clear()
    sealed_filters.clear()
