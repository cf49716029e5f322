"""How many requests each client has made in the present window, as far as this process knows."""

import math
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from limits import RateLimitItem

from wallet_api import clock

SHARE = 10
"""A process counts a tenth of a limit by itself before it tells the others, through the store:
so no request waits for the store, and most cost it nothing."""

MAX_CLIENTS = 50_000
"""Of a limit in a process: some 15 MB. The count of the one that came first makes place."""


class Standing(NamedTuple):
    """What a client is told of its limit, as this process knows it."""

    limit: int
    """Requests in a window."""
    left: int
    """Requests that the client may still make in this one."""
    seconds_left: int
    """Until the next window, rounded up."""
    is_refused: bool


class Count:
    """The requests of one client in one window. To be changed under the lock of its limiter."""

    __slots__ = ("ends", "is_due", "key", "limiter", "pending", "total")

    def __init__(self, limiter: "Limiter", key: str, ends: float) -> None:
        self.limiter, self.key, self.ends = limiter, key, ends
        self.total = 0
        """Of all processes, by the last answer of the store."""
        self.pending = 0
        """Of this process, beyond `total`: the store may not know them yet."""
        self.is_due = False
        """Whether it waits for its exchange with the store, or is at it."""


class Limiter:
    """So many requests of each client in each window. Windows are aligned to the clock, so that all
    processes have the same ones."""

    def __init__(
        self, name: str, rate: RateLimitItem, exchange_soon: Callable[[Count], None]
    ) -> None:
        """`exchange_soon` must not wait: requests call it, under the lock."""
        self._name, self.rate, self._exchange_soon = name, rate, exchange_soon
        self._limit, self._seconds = rate.amount, rate.get_expiry()
        self._share = max(1, self._limit // SHARE)
        self._lock = Lock()
        self._window = -1.0
        self._counts: dict[str, Count] = {}

    def count(self, client: str) -> Standing:
        """Count a request of this client, unless it is refused. No round trip, and no wait.

        What is counted in a window never becomes less, whatever the store does.
        """
        window, gone = divmod(clock.now().timestamp(), self._seconds)
        seconds_left = math.ceil(self._seconds - gone)
        with self._lock:
            if window != self._window:
                # What is left of the last one is of no interest any more.
                self._window, self._counts = window, {}
            count = self._counts.get(client) or self._new(client)
            left = self._limit - count.total - count.pending
            if left <= 0:
                return Standing(self._limit, 0, seconds_left, is_refused=True)
            count.pending += 1
            if count.pending >= self._share and not count.is_due:
                self._put_due(count)
        return Standing(self._limit, left - 1, seconds_left, is_refused=False)

    def exchange(self, count: Count, add: Callable[[str, int, int], int]) -> None:
        """Tell the store what this process has counted, and learn what all have. One round trip.

        `add` takes the key, for how many seconds it is to be kept, and how many requests to add,
        and returns the requests of all. Whatever it raises, nothing that is counted is forgotten.
        """
        with self._lock:
            amount = count.pending
        # Kept for two windows, since the clocks of two machines may differ.
        total = add(count.key, 2 * self._seconds, amount)
        with self._lock:
            # A store that has lost its counts knows less than this process.
            count.total = max(count.total + amount, total)
            count.pending -= amount
            count.is_due = False
            if count.pending >= self._share:
                self._put_due(count)

    @property
    def clients(self) -> int:
        """How many are counted in this window."""
        return len(self._counts)

    def _new(self, client: str) -> Count:
        if len(self._counts) >= MAX_CLIENTS:
            del self._counts[next(iter(self._counts))]
        # The rate is in the key: another setting begins anew.
        key = self.rate.key_for(self._name, int(self._window), client)
        count = self._counts[client] = Count(self, key, (self._window + 1) * self._seconds)
        return count

    def _put_due(self, count: Count) -> None:
        count.is_due = True
        self._exchange_soon(count)
