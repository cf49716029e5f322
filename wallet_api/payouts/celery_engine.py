"""What Celery starts: `celery -A wallet_api.payouts.celery_engine worker` pays out in a fleet."""

import logging
import sys
from contextlib import suppress
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from celery import signals

from wallet_api import database, database_watch, embedded_mongo, logs
from wallet_api.config import InvalidSettings, settings
from wallet_api.errors import OutOfService, Unavailable
from wallet_api.movements.relay import worker as relay
from wallet_api.payouts import broker, unencrypted
from wallet_api.payouts.worker import Worker

log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
"""How often each process looks for what is due without a message: what a broker has lost, and every
payout whose wait is over."""

SWEEPING_THREADS = 1


def _fail(why: object) -> None:
    print(f"wallet_api: {why}", file=sys.stderr)
    raise SystemExit(2)


try:
    chosen = settings().payouts
    if not chosen.broker_url:
        _fail("The Celery worker needs PAYOUT_BROKER_URL.")
    if chosen.nowhere is not None:
        _fail(chosen.nowhere)
except InvalidSettings as error:
    _fail(error)

app = broker.celery_app(chosen.broker_url, chosen.lease)
app.conf.worker_concurrency = chosen.worker_threads

_worker: Worker | None = None


@app.task(name=broker.PAY)
def pay(withdrawal: str) -> None:
    """Take this withdrawal up if it is due. The message decides nothing."""
    try:
        wanted = ObjectId(withdrawal)
    except (InvalidId, TypeError):
        log.warning("A message names no withdrawal")
        return
    if _worker is not None:
        _worker.take_up(wanted)


@signals.setup_logging.connect
def _log_as_the_service_does(**_: Any) -> None:
    logs.configure(settings())


@signals.worker_init.connect
def _prepare(sender: Any, **_: Any) -> None:
    """In the parent of the processes that pay out."""
    if "prefork" not in str(sender.pool_cls):
        _fail("Only Celery's own processes (--pool prefork) can pay out.")
    try:
        embedded_mongo.ensure()
    except (embedded_mongo.EmbeddedMongoError, InvalidSettings) as error:
        _fail(error)


@signals.worker_ready.connect
def _tell(**_: Any) -> None:
    unencrypted.warn(settings())
    logs.event("payouts_started", f"Paying out by {settings().payouts.gateway}, through Celery")


@signals.worker_process_init.connect
def _start(**_: Any) -> None:
    """In each process that pays out."""
    global _worker
    database.connect(settings())
    with suppress(OutOfService, Unavailable):
        # A message that comes before it is ready would only wake nobody.
        database_watch.wait_until_ready()
    relay.start()
    _worker = Worker(SWEEPING_THREADS, SWEEP_SECONDS)
    _worker.start()


@signals.worker_process_shutdown.connect
def _stop(**_: Any) -> None:
    if _worker is not None:
        _worker.stop(settings().payouts.timeout.total_seconds())
        relay.stop()
    logs.flush()
