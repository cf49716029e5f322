"""Which withdrawals are compared: of one gateway and one period."""

from dataclasses import dataclass
from datetime import datetime

from wallet_api.payouts.reconciliation.ours import Ours
from wallet_api.payouts.reconciliation.told import Told


@dataclass(frozen=True, slots=True)
class Frame:
    gateway: str
    since: datetime
    until: datetime
    """Itself outside."""
    as_of: datetime
    """So late the list tells the statuses, at least."""
    open_since: datetime
    """What is open and was made before it takes too long."""

    def covers(self, instant: datetime) -> bool:
        return self.since <= instant < self.until

    def has_line(self, told: Told) -> bool:
        """A list without times was asked for by the period."""
        return told.at is None or self.covers(told.at)

    def must_list(self, ours: Ours) -> bool:
        """Whether all that we know of it, from the first request to its end, is in the period:
        then so is what the gateway did meanwhile, whichever of its times the list goes by."""
        return self.since <= ours.began_at and ours.changed_at < self.until

    def is_older_than_end_of(self, ours: Ours) -> bool:
        """Whether the list may have been made before our withdrawal came to its end."""
        return ours.changed_at >= self.as_of

    def is_young(self, ours: Ours) -> bool:
        return ours.created_at >= self.open_since
