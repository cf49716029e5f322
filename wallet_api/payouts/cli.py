"""The operator's commands for payouts."""

import signal
import sys
from threading import Event

import click

from wallet_api import database_watch, logs
from wallet_api.config import settings
from wallet_api.movements.relay import worker as relay
from wallet_api.payouts import unencrypted
from wallet_api.payouts import worker as payouts
from wallet_api.plain_commands import NOT_RUN, on_present_version


@on_present_version
@click.command("worker")
@click.option("--once", is_flag=True, help="Take up what is due now, and end: for cron.")
@click.option("--threads", type=click.IntRange(1, 64), help="Default: PAYOUT_WORKER_THREADS.")
def worker_command(once: bool, threads: int | None) -> None:
    """Pay withdrawals out, until SIGTERM or Ctrl-C."""
    chosen = settings()
    if (why := chosen.payouts.nowhere) is not None:
        click.echo(f"wallet_api: {why}", err=True)
        sys.exit(NOT_RUN)
    unencrypted.warn(chosen)
    if once:
        turns = payouts.run_once()
        click.echo(f"{turns} turns of payouts")
        return
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    database_watch.start()
    relay.start()
    worker = payouts.worker_for(chosen.payouts, threads)
    worker.start()
    logs.event("payouts_started", f"Paying out by {chosen.payouts.gateway}")
    ended.wait()
    worker.stop(chosen.payouts.lease.total_seconds())
    relay.stop()
    logs.event("payouts_stopped", "No payout is taken up any more")
    logs.flush()
