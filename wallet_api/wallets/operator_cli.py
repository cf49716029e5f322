"""The operator's commands for one wallet."""

import re

import click
from bson import ObjectId

from wallet_api.money import as_shown
from wallet_api.movements import freezing
from wallet_api.operator_log import acting
from wallet_api.operator_options import reason
from wallet_api.payouts.operating import withdrawal_called
from wallet_api.plain_commands import on_present_version
from wallet_api.users import service as users
from wallet_api.wallets import adjusting


@click.group("wallets")
def wallets_command() -> None:
    """One wallet: put its balance right, or let its money stand still."""


def _key(context: click.Context, option: click.Parameter, value: str | None) -> str:
    key = value if value is not None else str(ObjectId())
    if not re.fullmatch(r"[!-~]{1,255}", key):
        raise click.BadParameter("Must have 1 to 255 characters of ASCII, without spaces.")
    return key


@on_present_version
@click.command("adjust")
@click.argument("email_or_id")
@click.option("--amount", required=True, help="In major units: -12.50 takes, 12.50 gives.")
@click.option("--key", callback=_key, help="The same key again moves nothing. Default: a new one.")
@click.option("--withdrawal", help="The loss that the adjustment takes back.")
@reason(required=True, shown=True)
def adjust(email_or_id: str, amount: str, key: str, withdrawal: str | None, reason: str) -> None:
    """Add to a balance or take from it, as a ledger entry of its own. Never below zero."""
    user = users.id_called(email_or_id)
    loss = None if withdrawal is None else withdrawal_called(withdrawal)
    told = {"amount": amount, "key": key} | ({} if loss is None else {"withdrawal": str(loss)})
    with acting("wallets adjust", user, reason, **told):
        done = adjusting.adjust(user, amount, reason, key, loss)
    moved = as_shown(done.amount_cents, done.currency)
    balance = as_shown(done.balance_cents, done.currency)
    if done.is_new:
        click.echo(f"Adjusted by {moved} to {balance} (ledger entry {done.entry}, key {key})")
    else:
        click.echo(
            f"Nothing was moved: the key {key} had adjusted by {moved} to {balance} before "
            f"(ledger entry {done.entry})"
        )


@on_present_version
@click.command("freeze")
@click.argument("email_or_id")
@reason(required=True)
def freeze(email_or_id: str, reason: str) -> None:
    """Let nothing in or out, at once. The user may still log in and look."""
    user = users.id_called(email_or_id)
    with acting("wallets freeze", user, reason):
        freezing.freeze(user)
    click.echo(f"The wallet of {user} is frozen")


@on_present_version
@click.command("unfreeze")
@click.argument("email_or_id")
@reason(required=True)
def unfreeze(email_or_id: str, reason: str) -> None:
    """Let money in and out again."""
    user = users.id_called(email_or_id)
    with acting("wallets unfreeze", user, reason):
        freezing.unfreeze(user)
    click.echo(f"The wallet of {user} is not frozen any more")


for _command in (adjust, freeze, unfreeze):
    wallets_command.add_command(_command)
