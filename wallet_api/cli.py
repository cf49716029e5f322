"""Operator commands: each calls one function of a feature."""

import click
from flask import Flask

from wallet_api import clock, database
from wallet_api.movements import sweeper


def register(app: Flask) -> None:
    app.cli.add_command(sweep)


@click.command()
def sweep() -> None:
    """Copy out every movement that still waits in a wallet's outbox."""
    database.ensure_indexes()
    started, copied = clock.now(), 0
    while (swept := sweeper.sweep(started)).wallets:
        copied += swept.movements
    click.echo(f"{copied} movements copied")
