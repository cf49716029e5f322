"""Wallets that could not be copied, which are left alone for a while: the others come first."""

import time

from bson import ObjectId

SECONDS = 300.0
"""A wallet that was mended meanwhile is copied after that, or at once by its user's own request."""

MAX_WALLETS = 10_000
"""Some 2 MB. With more of them, the one that was set aside first is tried again before its time."""


class SetAside:
    """For one thread at a time."""

    def __init__(self) -> None:
        self._until: dict[ObjectId, float] = {}
        """In the order of time, since all stay equally long."""

    def put(self, user: ObjectId) -> None:
        self._until.pop(user, None)
        if len(self._until) >= MAX_WALLETS:
            del self._until[next(iter(self._until))]
        self._until[user] = time.monotonic() + SECONDS

    def __contains__(self, user: ObjectId) -> bool:
        until = self._until.get(user)
        if until is None:
            return False
        if until > time.monotonic():
            return True
        del self._until[user]
        return False

    def __len__(self) -> int:
        return len(self._until)

    def clear(self) -> None:
        self._until.clear()
