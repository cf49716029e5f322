"""The operator's command for reconciliation."""

import sqlite3
import sys
import traceback
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from pymongo.errors import PyMongoError

from wallet_api.payouts.adapters.registry import NotConfigured
from wallet_api.payouts.reconciliation import differences_file, period, report, sources
from wallet_api.payouts.reconciliation.found import Found
from wallet_api.payouts.reconciliation.run import reconcile
from wallet_api.payouts.reconciliation.sources import Source
from wallet_api.payouts.reconciliation.summary import Summary
from wallet_api.payouts.reconciliation.told import BadList
from wallet_api.plain_commands import NOT_RUN, broke_off, on_present_version

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

CLEAN, DIFFERENCES = 0, 1


class _Instant(click.ParamType[datetime]):
    name = "time"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            return period.instant(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@on_present_version
@click.command("reconcile")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--gateway",
    "name",
    is_flag=False,
    flag_value="",
    help="Whose list it is; without FILE it is asked for it. Default: PAYOUT_GATEWAY.",
)
@click.option("--from", "since", type=_Instant(), help="Default: the first time in FILE.")
@click.option("--to", "until", type=_Instant(), help="Default: the last time in FILE, or now.")
@click.option("--json", "in_json", is_flag=True, help="One JSON object, every difference in it.")
@click.option(
    "--differences",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the differences to this CSV as well.",
)
def reconcile_command(
    file: Path | None,
    name: str | None,
    since: datetime | None,
    until: datetime | None,
    in_json: bool,
    out: Path | None,
) -> NoReturn:
    """Does a gateway's list of payouts say what our withdrawals say? Exit code 0: yes; 1: there are
    differences; 2: unknown, since the list cannot be read or the database not be used.

    Changes nothing.
    """
    if out is not None and file is not None and out.resolve() == file.resolve():
        raise click.UsageError("--differences would replace FILE.")
    hidden = not sys.stderr.isatty() or (in_json and sys.stdout.isatty())
    with closing(Found()) as found:
        source, summary = _compare(file, name, since, until, found, hidden=hidden)
        _tell(found, summary, source, in_json=in_json)
        if out is not None:
            _write(out, found)
    sys.exit(DIFFERENCES if summary.differences else CLEAN)


def _compare(
    file: Path | None,
    name: str | None,
    since: datetime | None,
    until: datetime | None,
    found: Found,
    *,
    hidden: bool,
) -> tuple[Source, Summary]:
    try:
        source = _read(file, name, since, until, hidden=hidden)
        with (
            closing(source.lines) as lines,
            _bar("Comparing", lines.count, hidden=hidden) as bar,
        ):
            return source, reconcile(lines, source.frame, found, bar.update)
    except (BadList, NotConfigured, OSError, sqlite3.Error) as error:
        click.echo(f"Nothing was compared: {error}", err=True)
    except PyMongoError as error:
        broke_off(error)
    except (Exception, KeyboardInterrupt):
        # Not Python's own exit code 1: that one says that the books differ.
        traceback.print_exc()
        click.echo("The reconciliation broke off, and has no result.", err=True)
    sys.exit(NOT_RUN)


def _read(
    file: Path | None,
    name: str | None,
    since: datetime | None,
    until: datetime | None,
    *,
    hidden: bool,
) -> Source:
    """Raises BadList, NotConfigured, OSError."""
    if file is None and name is None:
        raise BadList("Name a FILE, or --gateway to ask the gateway itself.")
    gateway = sources.gateway_named(name)
    if file is None:
        with _bar("Asking", None, hidden=hidden) as bar:
            return sources.of_gateway(gateway, since, until, bar.update)
    with _bar("Reading", file.stat().st_size, hidden=hidden) as bar:
        return sources.of_file(file, gateway, since, until, bar.update)


def _bar(label: str, length: int | None, *, hidden: bool) -> "ProgressBar[int]":
    return click.progressbar(
        # Of the gateway's list nobody knows the length.
        length=length or 1,
        label=label,
        file=sys.stderr,
        hidden=hidden or not length,
        update_min_steps=max(1, (length or 1) // 200),
    )


def _tell(found: Found, summary: Summary, source: Source, *, in_json: bool) -> None:
    frame, ignored = source.frame, source.ignored
    if in_json:
        for part in report.as_json(found, summary, frame, ignored):
            click.echo(part, nl=False)
        return
    shown = list(islice(found, report.SHOWN))
    for line in report.as_text(shown, summary, frame, ignored):
        click.echo(line)


def _write(out: Path, found: Found) -> None:
    try:
        differences_file.write(out, found)
    except OSError as error:
        # The result has been told by now; but whoever counts on the file must hear.
        click.echo(f"The differences are not written: {error}", err=True)
        sys.exit(NOT_RUN)
