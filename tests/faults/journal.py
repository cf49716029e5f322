"""What the clients asked, and everything that they were ever told of it."""

from dataclasses import dataclass, field
from itertools import pairwise
from threading import Lock
from typing import Any

ACCEPTED = {200, 201}
REFUSED = 400


@dataclass(frozen=True)
class Told:
    status: int
    id: str | None
    balance_cents: int | None


@dataclass
class Asked:
    """One movement under one key; sent as often as it took."""

    user: int
    path: str
    body: dict[str, Any]
    key: str
    told: list[Told] = field(default_factory=list)
    keys: int = 1
    """More than one where the client (a mutant) lost patience and took a new key."""
    unanswered: int = 0
    """Requests whose connection broke before an answer came."""
    told_unavailable: bool = False

    @property
    def acknowledged(self) -> Told | None:
        return self.told[0] if self.told else None


class Journal:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.requests = 0
        self.unknown = 0
        """Requests that were not answered, or by 503."""
        self.dropped = 0
        """Requests that moved money, and whose connection broke without an answer."""
        self.violations: list[str] = []
        self.answered_at: list[float] = []
        """Monotonic seconds of every acknowledgement."""
        self._lock = Lock()

    def asks(self, asked: Asked) -> Asked:
        with self._lock:
            self.asked.append(asked)
        return asked

    def counts(self, *, unknown: bool) -> None:
        with self._lock:
            self.requests += 1
            self.unknown += unknown

    def drops(self) -> None:
        with self._lock:
            self.dropped += 1

    def accuses(self, violation: str) -> None:
        with self._lock:
            self.violations.append(violation)

    def gap_seconds(self) -> float:
        """The longest time without an acknowledgement."""
        times = sorted(self.answered_at)
        return max((b - a for a, b in pairwise(times)), default=0.0)
