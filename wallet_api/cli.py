"""Operator commands: each calls one function of a feature."""

import click
from flask import Flask

from wallet_api import clock, database
from wallet_api.audit.cli import audit_command
from wallet_api.auth import service as auth
from wallet_api.auth.cli import users_command
from wallet_api.backend_keys.cli import keys_command
from wallet_api.migrations.cli import migrate_command
from wallet_api.money import as_shown
from wallet_api.movements.relay import worker
from wallet_api.operator_log import acting
from wallet_api.operator_options import reason
from wallet_api.payouts.cli import worker_command
from wallet_api.payouts.operator_cli import payouts_command
from wallet_api.payouts.reconciliation.cli import reconcile_command
from wallet_api.payouts.references import withdrawal_of
from wallet_api.plain_commands import on_present_version, plainly
from wallet_api.users import service as users
from wallet_api.wallets.limits_cli import limits_command
from wallet_api.wallets.operator_cli import wallets_command
from wallet_api.withdrawals import reversal


def register(app: Flask) -> None:
    for command in (sweep, activate, deactivate, erase, reverse):
        app.cli.add_command(plainly(on_present_version(command)))
    for command in (
        migrate_command,
        audit_command,
        keys_command,
        limits_command,
        reconcile_command,
        users_command,
        worker_command,
        payouts_command,
        wallets_command,
    ):
        app.cli.add_command(plainly(command))


@click.command()
def sweep() -> None:
    """Copy every movement that still waits in a wallet's outbox."""
    database.ensure_indexes()
    started, copied, failed = clock.now(), 0, 0
    while True:
        swept = worker.sweep(started)
        copied, failed = copied + swept.movements, failed + swept.failed
        if not swept.movements:
            break
    click.echo(f"{copied} movements copied")
    if failed:
        raise click.ClickException(f"{failed} wallets cannot be copied; see the log")


@click.command()
@click.argument("email")
@reason(required=False)
def deactivate(email: str, reason: str | None) -> None:
    """Shut a user out: tokens stop working and money stops moving, at once."""
    with acting("deactivate", users.id_of(email), reason):
        users.set_active(email, False)
    click.echo(f"{email} is deactivated")


@click.command()
@click.argument("email")
@reason(required=False)
def activate(email: str, reason: str | None) -> None:
    """Let a deactivated user in again."""
    with acting("activate", users.id_of(email), reason):
        users.set_active(email, True)
    click.echo(f"{email} is active")


@click.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@reason(required=False)
def erase(email: str, yes: bool, reason: str | None) -> None:
    """Erase a user's personal data and close the wallet, for good; the books stay."""
    user, holdings = users.holdings(email)
    click.echo(f"{email} is user {user}, whose wallet holds {holdings}.")
    if not yes:
        click.confirm("Erase the personal data? Nobody can undo it", abort=True)
    with acting("erase", user, reason):
        auth.erase(email)
    click.echo(f"{email} is erased. The wallet is closed for good; its books stay, under {user}.")


@click.command()
@click.argument("withdrawal")
@reason(required=True, shown=True)
def reverse(withdrawal: str, reason: str) -> None:
    """Refund a withdrawal whose payout came back. Repeating it refunds nothing more."""
    withdrawal_id = str(withdrawal_of(withdrawal) or withdrawal)
    with acting("reverse", withdrawal_id[:100], reason):
        refund = reversal.reverse(withdrawal_id, reason)
    amount = as_shown(refund.amount_cents, refund.currency)
    if refund.is_new:
        click.echo(f"Refunded {amount}, ledger entry {refund.entry}")
    else:
        at = f"{refund.at:%Y-%m-%dT%H:%M:%SZ}"
        click.echo(
            f"Nothing was moved: {amount} had been refunded before, at {at}, "
            f"because: {refund.reason} (ledger entry {refund.entry})"
        )
