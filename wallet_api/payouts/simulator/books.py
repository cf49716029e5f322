"""The gateway's own books: what has been paid and has come back, by reference."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from wallet_api.payouts.simulator.script import Money, Status, Step


@dataclass(slots=True, kw_only=True)
class Entry:
    """One payout as the gateway knows it. Its key forgotten, a reference may have several."""

    reference: str
    gateway_reference: str
    protocol: str
    amount_minor: int
    """Minor units, as all amounts here."""
    currency: str
    destination: str
    fee_minor: int
    """Taken from the client's balance with the gateway, never from the amount."""
    trace: str
    behaviours: tuple[str, ...]
    created_at: datetime
    status: Status = Status.ACCEPTED
    reason: str | None = None
    times_paid: int = 0
    times_returned: int = 0
    history: list[tuple[Status, datetime]] = field(default_factory=list)
    asked: dict[str, object] = field(default_factory=dict)
    """What the request said besides, for a protocol that repeats it."""

    @property
    def paid_minor(self) -> int:
        return self.amount_minor * self.times_paid

    @property
    def returned_minor(self) -> int:
        return self.amount_minor * self.times_returned


class Books:
    """In the order in which payouts were taken. `written` is called with each change."""

    def __init__(self, written: Callable[[Entry, Step | None, datetime], None]) -> None:
        self._written = written
        self._entries: list[Entry] = []
        self._by_reference: dict[str, list[Entry]] = {}
        self._by_gateway_reference: dict[str, Entry] = {}

    def open(self, entry: Entry) -> None:
        self.restore(entry)
        self._written(entry, None, entry.created_at)

    def restore(self, entry: Entry) -> None:
        """Open it without writing it down: it comes from there."""
        self._entries.append(entry)
        self._by_reference.setdefault(entry.reference, []).append(entry)
        self._by_gateway_reference[entry.gateway_reference] = entry

    def move(self, entry: Entry, step: Step, at: datetime) -> None:
        apply(entry, step, at)
        self._written(entry, step, at)

    def of(self, reference: str) -> list[Entry]:
        return self._by_reference.get(reference, [])

    def by_gateway_reference(self, gateway_reference: str) -> Entry | None:
        return self._by_gateway_reference.get(gateway_reference)

    def between(self, since: datetime | None, until: datetime | None) -> list[Entry]:
        """Taken from `since` until before `until`, the first one first."""

        def place(instant: datetime) -> int:
            return bisect_left(self._entries, instant, key=lambda entry: entry.created_at)

        begin = place(since) if since else 0
        end = place(until) if until else len(self._entries)
        return self._entries[begin:end]

    def paid_twice(self) -> Iterator[str]:
        """References for which money left more often than once, whatever came back."""
        for reference, entries in self._by_reference.items():
            if sum(entry.times_paid for entry in entries) > 1:
                yield reference

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __reversed__(self) -> Iterator[Entry]:
        return reversed(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def apply(entry: Entry, step: Step, at: datetime) -> None:
    """One step of the course: what it says, and the money that moves with it."""
    entry.status = step.status
    entry.reason = step.reason or _REASONS.get(step.status)
    entry.history.append((step.status, at))
    if step.moves is Money.IS_PAID:
        entry.times_paid += 1
    elif step.moves is Money.COMES_BACK:
        entry.times_returned += 1
    if not 0 <= entry.times_returned <= entry.times_paid:
        raise AssertionError(f"{entry.reference}: more came back than was paid")


_REASONS = {
    Status.DECLINED: "beneficiary_account_closed",
    Status.RETURNED: "beneficiary_bank_returned",
}
