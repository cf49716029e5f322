"""The operator's command for the audit."""

import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from pymongo.errors import PyMongoError

from wallet_api import schema_version
from wallet_api.audit import report
from wallet_api.audit.anchor import Anchor, BadAnchor, append, last_of
from wallet_api.audit.differences import Difference
from wallet_api.audit.past import Past, settled_instant
from wallet_api.audit.run import audit, is_empty, wallets_about
from wallet_api.audit.verdict import Summary
from wallet_api.clock import rfc3339
from wallet_api.plain_commands import NOT_RUN, broke_off, present_database

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

CLEAN, DIFFERENCES = 0, 1
REFRESH_EVERY = 100


@click.command("audit")
@click.option("--json", "in_json", is_flag=True, help="One JSON object, every difference in it.")
@click.option("--verify-chain", is_flag=True, help="Recompute every ledger entry's hash as well.")
@click.option(
    "--since",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Prove that nothing has changed since the last anchor in this file.",
)
@click.option(
    "--anchor",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The same where this file has an anchor, and append one to it if nothing differs.",
)
def audit_command(
    in_json: bool, verify_chain: bool, since: Path | None, anchor: Path | None
) -> NoReturn:
    """Is any money missing? Exit code 0: no; 1: there are differences; 2: unknown, since it broke
    off or there is nothing to audit.

    Reads the database only, and runs while the service serves. With an anchor every hash is
    recomputed.
    """
    summary = Summary()
    try:
        then = _anchored(since or anchor)
        if since is not None and then is None:
            raise BadAnchor(f"{since} has no anchor.")
        if then is None and is_empty():
            # That every cent adds up would comfort whoever has named the wrong database.
            where = present_database()
            click.echo(f"Nothing to audit in {where}: no wallets and no ledger entries.", err=True)
            sys.exit(NOT_RUN)
        if told := schema_version.secret_problem(schema_version.read() or {}):
            # A note only: the database must not be able to keep an audit from running.
            click.echo(f"wallet_api: {told}: signatures will not fit.", err=True)
        pasts = [] if then is None else [Past(then.at, expected=then)]
        if anchor is not None:
            pasts.append(Past(settled_instant()))
        _audit(summary, pasts, in_json=in_json, verify_chain=verify_chain or bool(pasts))
        if anchor is not None:
            _append(anchor, pasts[-1], summary, proven=then is not None)
    except (BadAnchor, OSError) as error:
        click.echo(f"The audit has no result: {error}", err=True)
        sys.exit(NOT_RUN)
    except PyMongoError as error:
        broke_off(error)
    except (Exception, KeyboardInterrupt):
        # Not Python's own exit code 1: that one says that money is missing.
        traceback.print_exc()
        click.echo("The audit broke off, and has no result.", err=True)
        sys.exit(NOT_RUN)
    sys.exit(DIFFERENCES if summary.differences else CLEAN)


def _anchored(file: Path | None) -> Anchor | None:
    """The last anchor of the file, if there is one."""
    return last_of(file) if file is not None and file.exists() else None


def _append(file: Path, past: Past, summary: Summary, *, proven: bool) -> None:
    """One more anchor, of books in which nothing differs.

    `proven`: since one before it.
    """
    if summary.differences:
        click.echo(f"No anchor is written to {file}: the books differ.", err=True)
        return
    try:
        append(file, past.anchor())
    except (BadAnchor, OSError) as error:
        # The audit has its result, which is told by now; but whoever counts on the file must hear.
        click.echo(f"No anchor is written: {error}", err=True)
        sys.exit(NOT_RUN)
    first = "" if proven else " It is the first, and nothing was proven."
    click.echo(f"An anchor is written to {file}, of {rfc3339(past.until)}.{first}", err=True)


def _audit(summary: Summary, pasts: Sequence[Past], *, in_json: bool, verify_chain: bool) -> None:
    started = time.monotonic()
    hidden = not sys.stderr.isatty() or (in_json and sys.stdout.isatty())
    bar: ProgressBar[int] = click.progressbar(
        length=wallets_about(),
        label="Wallets",
        file=sys.stderr,
        hidden=hidden,
        show_pos=True,
        update_min_steps=REFRESH_EVERY,
    )
    with bar:
        differences = audit(summary, verify_chain=verify_chain, progress=bar.update, pasts=pasts)
        if in_json:
            for part in report.as_json(differences, summary):
                click.echo(part, nl=False)
            return
        shown = _first(differences)
    seconds = time.monotonic() - started
    proven = [past.until for past in pasts if past.expected and past.difference() is None]
    for line in report.as_text(shown, summary, seconds, proven, verify_chain=verify_chain):
        click.echo(line)


def _first(differences: Iterator[Difference]) -> list[Difference]:
    """The first ones; the others are drawn too, so that they are counted."""
    shown = list(islice(differences, report.SHOWN))
    for _ in differences:
        pass
    return shown
