"""How many requests of a costly kind a process is at, in all and of one client."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock

from wallet_api.errors import Busy, TooManyAtOnce


class Places:
    """So many at once at most. Nobody waits for a place: a thread that waits is one that others
    miss, and the refusal costs little."""

    def __init__(self, total: int, of_one_client: int) -> None:
        self._total, self._of_one_client = total, of_one_client
        self._lock = Lock()
        self._taken: Counter[Hashable] = Counter()

    @contextmanager
    def one_for(self, client: Hashable) -> Iterator[None]:
        """Have a place within. Raises TooManyAtOnce: this client has its share; Busy: none is free.

        No round trips.
        """
        self._take(client)
        try:
            yield
        finally:
            self._give_back(client)

    @property
    def taken(self) -> int:
        """How many places are."""
        return self._taken.total()

    def _take(self, client: Hashable) -> None:
        with self._lock:
            if self._taken[client] >= self._of_one_client:
                raise TooManyAtOnce
            if self.taken >= self._total:
                raise Busy
            self._taken[client] += 1

    def _give_back(self, client: Hashable) -> None:
        with self._lock:
            self._taken[client] -= 1
            # Or each client that ever came would be kept in memory.
            if not self._taken[client]:
                del self._taken[client]
