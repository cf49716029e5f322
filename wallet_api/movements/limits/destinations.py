"""Whether a destination is new to a wallet: since when the wallet withdraws to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from bson import ObjectId

from wallet_api.config import settings

MAX_DESTINATIONS = 200
"""That a wallet remembers: 6 KB. One that is forgotten is new again."""


@dataclass(frozen=True, slots=True)
class Destination:
    """As a withdrawal of the instant `at` takes it to be; its update finds out."""

    digest: str
    at: datetime
    is_new: bool

    def condition(self) -> dict[str, Any]:
        """On the wallet. A date, and nothing else, is less than a date to MongoDB."""
        known = {"$lte": self.at - settings().withdrawal_limits.new_for}
        return {f"destinations.{self.digest}": {"$not": known} if self.is_new else known}

    def first_use(self) -> dict[str, datetime]:
        """For `$min`: of several uses of a new one, the first counts."""
        return {f"destinations.{self.digest}": self.at}


def digest_of(user: ObjectId, destination: str) -> str:
    """Short, fit for the name of a member, and keyed by the user."""
    return blake2b(destination.encode(), key=user.binary, digest_size=12).hexdigest()


def is_known(since: datetime | None, at: datetime) -> bool:
    """Whether a destination that the wallet uses since then is new no more."""
    return since is not None and since <= at - settings().withdrawal_limits.new_for


def to_forget(destinations: Any) -> list[str]:
    """Those beyond what a wallet remembers, the oldest first. Of a damaged wallet none: it stays
    for a person to see."""
    if not isinstance(destinations, Mapping) or len(destinations) <= MAX_DESTINATIONS:
        return []
    dated = {name: at for name, at in destinations.items() if isinstance(at, datetime)}
    return sorted(dated, key=lambda name: dated[name])[: len(dated) - MAX_DESTINATIONS]
