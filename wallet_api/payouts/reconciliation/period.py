"""The period that a person names, and the one that a list has of its own."""

import re
from datetime import UTC, datetime, timedelta

from wallet_api.payouts.reconciliation import csv_cells
from wallet_api.payouts.reconciliation.csv_cells import BadCell
from wallet_api.payouts.reconciliation.frame import Frame
from wallet_api.payouts.reconciliation.told import BadList

Times = tuple[datetime, datetime]


def instant(text: str) -> datetime:
    """RFC 3339, or a day, which begins at midnight in UTC. Raises ValueError."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    try:
        return csv_cells.instant(text)
    except BadCell as error:
        raise ValueError(f"{error}; or a day such as 2026-11-26") from None


def of_file(
    gateway: str,
    times: Times | None,
    since: datetime | None,
    until: datetime | None,
    review_after: timedelta,
) -> Frame:
    """From the first time in the file to the last, where no other is named; the last one is taken
    for the moment at which the file was made. Raises BadList."""
    if times is None and (since is None or until is None):
        raise BadList("The file has no lines: name the period with --from and --to")
    first, last = times or (None, None)
    since = since or first
    until = until or (last and last + timedelta(milliseconds=1))
    if since is None or until is None:
        raise AssertionError
    return of_list(gateway, since, until, last or until, review_after)


def of_list(
    gateway: str, since: datetime, until: datetime, as_of: datetime, review_after: timedelta
) -> Frame:
    """Raises BadList: the period is empty."""
    if since >= until:
        raise BadList("--from must be before --to")
    return Frame(gateway, since, until, as_of, as_of - review_after)
