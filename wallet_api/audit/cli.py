"""The operator's command for the audit."""

import sys
import time
import traceback
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

import click
from pymongo.errors import PyMongoError

from wallet_api.audit import report
from wallet_api.audit.differences import Difference
from wallet_api.audit.run import audit, is_empty, wallets_about
from wallet_api.audit.verdict import Summary
from wallet_api.plain_commands import NOT_RUN, broke_off, present_database

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

CLEAN, DIFFERENCES = 0, 1
REFRESH_EVERY = 100


@click.command("audit")
@click.option("--json", "in_json", is_flag=True, help="One JSON object, every difference in it.")
@click.option("--verify-chain", is_flag=True, help="Recompute every ledger entry's hash as well.")
def audit_command(in_json: bool, verify_chain: bool) -> NoReturn:
    """Is any money missing? Exit code 0: no; 1: there are differences; 2: unknown, since it broke
    off or there is nothing to audit.

    Reads only, and runs while the service serves.
    """
    summary = Summary()
    try:
        if is_empty():
            # That every cent adds up would comfort whoever has named the wrong database.
            where = present_database()
            click.echo(f"Nothing to audit in {where}: no wallets and no ledger entries.", err=True)
            sys.exit(NOT_RUN)
        _audit(summary, in_json=in_json, verify_chain=verify_chain)
    except PyMongoError as error:
        broke_off(error)
    except (Exception, KeyboardInterrupt):
        # Not Python's own exit code 1: that one says that money is missing.
        traceback.print_exc()
        click.echo("The audit broke off, and has no result.", err=True)
        sys.exit(NOT_RUN)
    sys.exit(DIFFERENCES if summary.differences else CLEAN)


def _audit(summary: Summary, *, in_json: bool, verify_chain: bool) -> None:
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
        differences = audit(summary, verify_chain=verify_chain, progress=bar.update)
        if in_json:
            for part in report.as_json(differences, summary):
                click.echo(part, nl=False)
            return
        shown = _first(differences)
    seconds = time.monotonic() - started
    for line in report.as_text(shown, summary, seconds, verify_chain=verify_chain):
        click.echo(line)


def _first(differences: Iterator[Difference]) -> list[Difference]:
    """The first ones; the others are drawn too, so that they are counted."""
    shown = list(islice(differences, report.SHOWN))
    for _ in differences:
        pass
    return shown
