"""A statement of account: opening balance, entries, closing balance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wallet_api import clock
from wallet_api.callers import Caller
from wallet_api.errors import InvalidInput
from wallet_api.ledger import transactions
from wallet_api.ledger.history import last_entry
from wallet_api.ledger.transactions import Entry, Transaction
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
    """Two round trips, one more with `since`, one more with `until` or a full batch of entries,
    those of a copy where something waits; and those that the entries' reading still makes then, see
    `described_in_batches`.

    `since` None is the beginning; `until` None is now, everything booked so far included.

    Raises InvalidInput: the period begins in the future.
    """
    if since is not None and since > clock.now():
        raise InvalidInput([("from", "Must not be in the future.")])
    wallet, user = settled(caller), caller.user
    opening = last_entry(user, booked_at__lt=since) if since is not None else None
    first = opening.sequence + 1 if opening is not None else 1
    # By sequence, so that what is booked while the statement is read is not in it.
    if until is not None:
        closing = last_entry(user, booked_at__lt=until)
        begun = transactions.batch(user, first, _sequence(closing))
    elif is_all(begun := transactions.batch(user, first)):
        closing = begun[-1] if begun else opening
    else:
        closing = last_entry(user)
        begun = [entry for entry in begun if entry.sequence <= _sequence(closing)]
    return Statement(
        since=since,
        until=until or clock.now(),
        currency=wallet.currency,
        opening_balance_cents=opening.balance_after_cents if opening is not None else 0,
        closing_balance_cents=closing.balance_after_cents if closing is not None else 0,
        entries=transactions.described_in_batches(user, begun, _sequence(closing)),
    )


def is_all(begun: list[Entry]) -> bool:
    """Whether the ledger ends with them. An entry without a time is no end, as for `last_entry`."""
    is_full = len(begun) == transactions.BATCH
    return not is_full and (not begun or isinstance(begun[-1].booked_at, datetime))


def _sequence(entry: Entry | None) -> int:
    return entry.sequence if entry is not None else 0
