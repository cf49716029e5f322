"""Who is next, where many of one client's requests wait beside a few of others'."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Turns(Generic[Item]):
    """A queue in which each client has a turn after the other, however many items it has."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: OrderedDict[Hashable, deque[Item]] = OrderedDict()

    def add(self, client: Hashable, item: Item) -> None:
        with self._lock:
            self._waiting.setdefault(client, deque()).append(item)

    def take(self) -> Item:
        """The next one. Raises KeyError: there is none."""
        with self._lock:
            client, items = self._waiting.popitem(last=False)
            item = items.popleft()
            if items:
                self._waiting[client] = items
            return item
