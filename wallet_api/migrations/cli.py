"""The operator's command for migrations."""

import sys
from typing import TYPE_CHECKING, NoReturn

import click
import pymongo
from pymongo.errors import PyMongoError

from wallet_api.migrations.report import Report
from wallet_api.migrations.run import (
    AnotherDatabase,
    StillWritten,
    documents_about,
    is_done,
    migrate,
)

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

DONE, LEFT, NOT_RUN = 0, 1, 2

ANSWER_SECONDS = 5.0
"""`make run` waits no longer for a database before it starts the service, which goes on waiting."""


@click.command("migrate")
@click.option("--dry-run", is_flag=True, help="Say what would be changed, and change nothing.")
def migrate_command(dry_run: bool) -> NoReturn:
    """Bring the database of older code, or of the Node original, to this version.

    Exit code 0: done; 1: done, but some things are left to you; 2: it broke off, run it again.
    """
    report = Report(dry_run)
    try:
        with pymongo.timeout(ANSWER_SECONDS):
            done = is_done()
        if done:
            click.echo("The database is of this version. Nothing to do.")
            sys.exit(DONE)
        _migrate(report)
    except (AnotherDatabase, StillWritten) as refusal:
        click.echo(f"wallet_api: {refusal}", err=True)
        sys.exit(NOT_RUN)
    except PyMongoError as error:
        # PyMongo goes on to describe the whole topology.
        click.echo(f"wallet_api: the migration broke off: {error!s:.200}", err=True)
        sys.exit(NOT_RUN)
    for line in report.lines():
        click.echo(line)
    sys.exit(LEFT if report.problems else DONE)


def _migrate(report: Report) -> None:
    bar: ProgressBar[int] = click.progressbar(
        length=documents_about(),
        label="Documents",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
        show_pos=True,
    )
    with bar:
        report.progress = bar.update
        migrate(report)
