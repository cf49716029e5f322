"""A statement of account: opening balance, entries, closing balance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wallet_api import clock
from wallet_api.callers import Caller
from wallet_api.errors import InvalidInput
from wallet_api.ledger.history import last_entry
from wallet_api.ledger.transactions import Transaction, described_in_batches
from wallet_api.movements import settled
from wallet_api.places import Places

PLACES = Places(total=32, of_one_client=4)
"""For statements that are being sent: each has a cursor at the database and a batch of entries."""


@dataclass(frozen=True, slots=True)
class Statement:
    """From `since` (included) to `until` (excluded). Amounts in minor units."""

    since: datetime | None
    until: datetime
    currency: str
    opening_balance_cents: int
    closing_balance_cents: int
    entries: Iterator[list[Transaction]]
    """Oldest first, in batches which are read as they are asked for: a statement may be long."""


def statement(caller: Caller, since: datetime | None, until: datetime | None) -> Statement:
    """Three round trips, those of a copy where something waits, and with the entries' reading two
    for each BATCH of them: the entries, and the records of their withdrawals.

    `since` None is the beginning; `until` None is now, everything booked so far included.

    Raises InvalidInput: the period begins in the future.
    """
    if since is not None and since > clock.now():
        raise InvalidInput([("from", "Must not be in the future.")])
    wallet, user = settled(caller), caller.user
    opening = last_entry(user, booked_at__lt=since) if since is not None else None
    closing = last_entry(user, booked_at__lt=until) if until is not None else last_entry(user)
    first = opening.sequence + 1 if opening is not None else 1
    # By sequence, so that what is booked while the statement is read is not in it.
    last = closing.sequence if closing is not None else 0
    return Statement(
        since=since,
        until=until or clock.now(),
        currency=wallet.currency,
        opening_balance_cents=opening.balance_after_cents if opening is not None else 0,
        closing_balance_cents=closing.balance_after_cents if closing is not None else 0,
        entries=described_in_batches(user, first, last),
    )
