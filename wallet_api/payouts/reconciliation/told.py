"""What a gateway's list tells of a payout: a line of a file, or an item of the adapter's list."""

from dataclasses import dataclass
from datetime import datetime

from wallet_api.payouts.gateway import Verdict

LARGEST = 2**63 - 1
"""The largest amount that is taken, in minor units: MongoDB and SQLite hold no larger one."""


class BadList(Exception):
    """The list cannot be believed, and nothing of it is compared; the message says where."""


@dataclass(frozen=True, slots=True)
class Told:
    reference: str | None
    """Ours, as the gateway repeats it."""
    gateway_reference: str | None
    trace: str | None
    amount_cents: int
    """Minor units, 0 or more."""
    currency: str
    verdict: Verdict
    """ACCEPTED, SETTLED, DECLINED or RETURNED."""
    at: datetime | None
    """When it last changed; None: the list does not say."""
    fee_cents: int | None
    """Minor units of the same currency."""
