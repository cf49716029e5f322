"""A statement of account: opening balance, entries, closing balance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from wallet_api import clock
from wallet_api.errors import InvalidInput
from wallet_api.ledger.documents import LedgerEntry
from wallet_api.ledger.history import balance_after
from wallet_api.movements.catch_up import caught_up


@dataclass(frozen=True, slots=True)
class Statement:
    """From `since` (included) to `until` (excluded). Amounts in minor units."""

    since: datetime | None
    until: datetime
    currency: str
    opening_balance_cents: int
    closing_balance_cents: int
    entries: Iterator[LedgerEntry]
    """Oldest first, read as they are asked for: a statement may be long."""


def statement(user: ObjectId, since: datetime | None, until: datetime | None) -> Statement:
    """Four round trips and one for each batch of entries, and a copy-out where something waits.

    `since` None is the beginning, `until` None is now.

    Raises InvalidInput: the period ends before it starts.
    """
    wallet = caught_up(user)
    until = until or clock.now()
    if since is not None and since > until:
        raise InvalidInput([("to", "Must not be before `from`.")])
    booked = {"booked_at__lt": until} | ({"booked_at__gte": since} if since is not None else {})
    return Statement(
        since=since,
        until=until,
        currency=wallet.currency,
        opening_balance_cents=balance_after(user, since, included=False) if since else 0,
        closing_balance_cents=balance_after(user, until, included=False),
        entries=LedgerEntry.objects(user=user, **booked)
        .order_by("booked_at", "sequence")
        .no_cache()
        .__iter__(),
    )
