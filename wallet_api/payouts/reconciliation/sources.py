"""Where a gateway's list comes from: a file, or the gateway itself. It is read whole, or not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wallet_api import clock
from wallet_api.config import settings
from wallet_api.payout_settings import GATEWAYS
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.gateway import Lists
from wallet_api.payouts.reconciliation import period
from wallet_api.payouts.reconciliation.csv_file import CsvFile
from wallet_api.payouts.reconciliation.frame import Frame
from wallet_api.payouts.reconciliation.lines import Lines
from wallet_api.payouts.reconciliation.listed import listed
from wallet_api.payouts.reconciliation.told import BadList

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Source:
    lines: Lines
    frame: Frame
    ignored: tuple[str, ...] = ()
    """Columns of the file that are not known."""


def gateway_named(name: str | None) -> str:
    """PAYOUT_GATEWAY where none is named. Raises BadList."""
    chosen = name or settings().payouts.gateway
    if chosen not in GATEWAYS[1:]:
        known = ", ".join(GATEWAYS[1:])
        raise BadList(f"No gateway is called {chosen!r}: name one of {known} with --gateway.")
    return chosen


def of_file(
    path: Path,
    gateway: str,
    since: datetime | None,
    until: datetime | None,
    progress: Progress,
) -> Source:
    """`progress` is called with bytes. Raises BadList, OSError."""
    file = CsvFile(path, progress)
    lines = Lines(file, lambda _: None)
    frame = period.of_file(gateway, lines.times, since, until, settings().payouts.review_after)
    return Source(lines, frame, file.ignored)


def of_gateway(
    name: str, since: datetime | None, until: datetime | None, progress: Progress
) -> Source:
    """`progress` is called with payouts. Raises BadList, NotConfigured; OSError: it cannot be
    asked now."""
    if since is None:
        raise BadList("Name the beginning of the period with --from.")
    gateway, now = registry.gateway(name), clock.now()
    if not isinstance(gateway, Lists):
        raise BadList(f"The gateway {name} has no list: name a file.")
    frame = period.of_list(name, since, until or now, now, settings().payouts.review_after)
    return Source(Lines(listed(gateway, frame.since, frame.until), progress), frame)
