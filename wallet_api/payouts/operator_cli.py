"""The operator's commands for payouts that need a person."""

import json
import sys
from typing import Any

import click

from wallet_api.documents.kinds import STATUSES
from wallet_api.operator_log import acting
from wallet_api.operator_options import reason
from wallet_api.payouts import listing, operating
from wallet_api.payouts.operating import Done
from wallet_api.plain_commands import on_present_version

LOSS = 1


@click.group("payouts")
def payouts_command() -> None:
    """Payouts: look at them, ask the gateway, decide what it does not tell."""


@click.command("list")
@click.option("--needs-review", is_flag=True, help="Those that a person must look at.")
@click.option("--status", type=click.Choice(STATUSES), help="Those of this status.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--json", "in_json", is_flag=True, help="A JSON object a line.")
def list_payouts(needs_review: bool, status: str | None, limit: int, in_json: bool) -> None:
    """List payouts; by itself those that are not finished, the next one first."""
    count = 0
    for found in listing.payouts(needs_review, status, limit):
        count += 1
        click.echo(json.dumps(listing.as_json(found)) if in_json else listing.line(found))
    more = f"; --limit {limit} is reached" if count == limit else ""
    click.echo(f"{count} payouts{more}", err=True)


@click.command("show")
@click.argument("withdrawal")
@click.option("--json", "in_json", is_flag=True, help="As JSON.")
def show(withdrawal: str, in_json: bool) -> None:
    """Show all that is known of one."""
    found = listing.payout(operating.withdrawal_called(withdrawal))
    if in_json:
        click.echo(json.dumps(listing.as_json(found)))
        return
    for each in listing.lines(found):
        click.echo(each)


@on_present_version
@click.command("inquire")
@click.argument("withdrawal")
@reason(required=False)
def inquire(withdrawal: str, reason: str | None) -> None:
    """Ask the gateway now. An end that it tells decides; any other answer changes nothing."""
    id_ = operating.withdrawal_called(withdrawal)
    with acting("payouts inquire", id_, reason):
        answer, done = operating.inquire(id_)
    click.echo(f"The gateway says: {listing.said(answer)}")
    _tell(id_, done)


@on_present_version
@click.command("settle")
@click.argument("withdrawal")
@reason(required=True, shown=True)
def settle(withdrawal: str, reason: str) -> None:
    """It is paid: you know it from the bank, and the gateway does not tell.

    Of one that was refunded, the loss is recorded; exit code 1.
    """
    id_ = operating.withdrawal_called(withdrawal)
    with acting("payouts settle", id_, reason):
        done = operating.settle(id_, reason)
    _tell(id_, done)


@on_present_version
@click.command("fail")
@click.argument("withdrawal")
@reason(required=True, shown=True)
def fail(withdrawal: str, reason: str) -> None:
    """It is not paid, or came back: you know it from the bank. Its money goes back, once."""
    id_ = operating.withdrawal_called(withdrawal)
    with acting("payouts fail", id_, reason):
        done = operating.fail(id_, reason)
    _tell(id_, done)


@on_present_version
@click.command("retry")
@click.argument("withdrawal")
@reason(required=True)
def retry(withdrawal: str, reason: str) -> None:
    """Have a worker take it up now. Its review is over."""
    id_ = operating.withdrawal_called(withdrawal)
    with acting("payouts retry", id_, reason):
        operating.retry(id_)
    click.echo(f"{id_} is due now")


for _command in (list_payouts, show, inquire, settle, fail, retry):
    payouts_command.add_command(_command)


def _tell(withdrawal: Any, done: Done) -> None:
    found = listing.payout(withdrawal)
    click.echo(("Nothing has changed: " if done is Done.NOTHING else "") + listing.line(found))
    if done is Done.LOST:
        click.echo(
            "It had failed before, so that its money went back to the wallet: a loss, which the "
            "audit names. `wallets adjust` with --withdrawal takes it out of the wallet.",
            err=True,
        )
        sys.exit(LOSS)
