"""The operator's commands for the limits on one wallet's withdrawals."""

import click

from wallet_api.clock import rfc3339
from wallet_api.money import as_shown
from wallet_api.movements.limits.allowance import MEMBERS
from wallet_api.plain_commands import on_present_version
from wallet_api.wallets import limits
from wallet_api.wallets.limits import WalletLimits

_AMOUNT = "in major units, or `none`: no such limit."


@click.group("limits")
def limits_command() -> None:
    """Limits on the withdrawals of one wallet, in place of the settings'."""


@on_present_version
@click.command("set")
@click.argument("email")
@click.option("--minimum", help=f"The least for one withdrawal, {_AMOUNT}")
@click.option("--per-withdrawal", help=f"The most for one withdrawal, {_AMOUNT}")
@click.option("--per-day", help=f"The most for all withdrawals of a day, {_AMOUNT}")
@click.option("--count-per-day", help="How many withdrawals a day has, or `none`.")
def set_limits(
    email: str,
    minimum: str | None,
    per_withdrawal: str | None,
    per_day: str | None,
    count_per_day: str | None,
) -> None:
    """Give a wallet limits of its own. Those that are not named stay as they are."""
    named = {
        "minimum_cents": minimum,
        "per_withdrawal_cents": per_withdrawal,
        "per_day_cents": per_day,
    }
    if not any((minimum, per_withdrawal, per_day, count_per_day)):
        raise click.UsageError("Name a limit.")
    amounts = {name: text for name, text in named.items() if text is not None}
    _echo(limits.set_limits(email, amounts, count_per_day))


@on_present_version
@click.command("show")
@click.argument("email")
def show_limits(email: str) -> None:
    """Show a wallet's limits, and what they leave of today."""
    _echo(limits.show_limits(email))


@on_present_version
@click.command("clear")
@click.argument("email")
def clear_limits(email: str) -> None:
    """Leave a wallet the limits of the settings."""
    _echo(limits.clear_limits(email))


for _command in (set_limits, show_limits, clear_limits):
    limits_command.add_command(_command)


def _echo(found: WalletLimits) -> None:
    left = found.left
    if left is None:
        click.echo("no limits")
        return
    until = f" until {rfc3339(left.renews_at)}" if left.renews_at else ""
    lines = [
        ("minimum", "minimum_cents", left.minimum_cents, None),
        ("per withdrawal", "per_withdrawal_cents", left.per_withdrawal_cents, None),
        ("per day", "per_day_cents", left.per_day_cents, left.left_today_cents),
        ("count per day", "count_per_day", left.count_per_day, left.left_today_count),
    ]
    if (for_new := left.new_destinations_cents) is not None:
        rest = left.left_today_new_destinations_cents
        lines.append(("to new destinations per day", "new_destinations_cents", for_new, rest))
    for told, name, limit, rest in lines:
        show = str if name == "count_per_day" else lambda cents: as_shown(cents, found.currency)
        of = "the wallet's own" if MEMBERS.get(name) in found.own else "the settings'"
        line = f"{told}: {'none' if limit is None else show(limit)}"
        if rest is not None:
            line += f", {show(rest)} left{until}"
        click.echo(f"{line} ({of})")
