"""A wallet's ledger entries, and its balance at any time."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from wallet_api.callers import Caller
from wallet_api.clock import in_utc
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.errors import InvalidInput
from wallet_api.ledger.transactions import Entry, described
from wallet_api.movements import settled
from wallet_api.pages import Page, Position, page

NEWEST_FIRST = ("-booked_at", "-sequence")


@dataclass(frozen=True, slots=True)
class BalanceAt:
    at: datetime
    balance_cents: int
    currency: str


def newest(
    caller: Caller,
    since: datetime | None,
    until: datetime | None,
    after: Position | None,
    limit: int,
) -> Page:
    """The entries booked from `since` to before `until`, newest first.

    Two round trips, one more where a withdrawal is among them, and those of a copy where something
    waits.

    Raises InvalidInput: `after` is no place in this list.
    """
    settled(caller)
    wanted = {
        "booked_at__gte": since,
        "booked_at__lt": until,
        "booked_at__lte": after.at if after is not None else None,
        "sequence__lt": _sequence(after) if after is not None else None,
    }
    conditions = {name: value for name, value in wanted.items() if value is not None}
    items = LedgerEntry.objects(user=caller.user, **conditions).rows(
        Entry, order_by=NEWEST_FIRST, limit=limit + 1
    )
    found_page = page(
        items, limit, lambda item: Position(in_utc(item.booked_at), str(item.sequence))
    )
    return Page(described(caller.user, found_page.items), found_page.end)


def balance_at(caller: Caller, at: datetime) -> BalanceAt:
    """The balance after everything booked until then. Two round trips, perhaps a copy's."""
    wallet = settled(caller)
    entry = last_entry(caller.user, booked_at__lte=at)
    return BalanceAt(at, entry.balance_after_cents if entry is not None else 0, wallet.currency)


def last_entry(user: ObjectId, **booked: datetime) -> Entry | None:
    """The last entry, or the last booked by then: None where there is none. One round trip."""
    entries = LedgerEntry.objects(user=user, **booked)
    last: list[Entry] = entries.rows(Entry, order_by=NEWEST_FIRST, limit=1)
    return last[0] if last else None


def _sequence(after: Position) -> int:
    # Fewer digits than 2**63 has: MongoDB knows no longer numbers.
    if not (after.tie.isascii() and after.tie.isdecimal() and len(after.tie) <= 18):
        raise InvalidInput([("cursor", "Not a cursor of this list.")])
    return int(after.tie)
