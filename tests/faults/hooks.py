"""The product's WSGI application with a fault or a mutant of the environment's choice built in.

Nothing of this is read by the product itself.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from tests import mutants
from tests.faults import dying
from tests.support.interleaving import OPERATIONS
from wallet_api import clock
from wallet_api.app import create_app
from wallet_api.movements import lookup, used_keys
from wallet_api.movements.relay import copies, copy

FAILING_CALLS = "FAULT_FAILING_CALLS"
"""The share of database calls that fail, half of them before their effect and half after it."""
POOL_SIZE = "FAULT_POOL_SIZE"
CLOCK_FILE = "FAULT_CLOCK_FILE"
"""Holds the seconds by which the clock is wrong."""
STOP_AFTER_LOOK = "FAULT_STOP_AFTER_LOOK"
"""A worker that has looked such a key up stops itself (SIGSTOP) and leaves its pid in this file."""
RELAY_HOLD_FILE = "FAULT_RELAY_HOLD_FILE"
"""While it is there, a relay that has read a movement of such a key is held before it copies."""

DIE_FOLDER = "FAULT_DIE_FOLDER"
"""Requests may ask for a worker's death, see tests.faults.dying."""

STOPPING_KEY = "stop-here"
HOLDING_KEY = "hold-its-relay"
HELD_AT_MOST_SECONDS = 60


def _fail_some_calls(share: float) -> None:
    def failing(operation: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(operation)
        def called(*args: Any, **options: Any) -> Any:
            if random.random() < share / 2:
                raise AutoReconnect("failed before its effect")
            result = operation(*args, **options)
            if random.random() < share / 2:
                raise AutoReconnect("failed after its effect")
            return result

        return called

    for name in OPERATIONS:
        setattr(Collection, name, failing(getattr(Collection, name)))


def _small_pool(size: int) -> None:
    connect = MongoClient.__init__

    def small(client: Any, *where: Any, **options: Any) -> None:
        connect(client, *where, **options | {"maxPoolSize": size, "waitQueueTimeoutMS": 20})

    MongoClient.__init__ = small  # type: ignore[method-assign, assignment]


def _wrong_clock(file: Path) -> None:
    now = clock.now

    def wrong() -> Any:
        return now() + timedelta(seconds=float(file.read_text() or 0) if file.exists() else 0)

    clock.now = wrong


def _stop_after_look(file: Path) -> None:
    """Real requests sleep anywhere; this one sleeps where the proof is needed most."""
    look_up = lookup.look_up

    def look_up_and_stop(order: Any) -> Any:
        found = look_up(order)
        if STOPPING_KEY in (order.key or "") and not file.exists():
            file.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        return found

    _look_up_first(STOPPING_KEY)
    lookup.look_up = look_up_and_stop


def _held_relay(file: Path) -> None:
    """Such a key is looked up before it is tried, as in a wallet of many keys: no write comes
    before the look, and so nothing but the product's own care makes the look wait."""

    def held(wallet: Any) -> Any:
        keys = [movement.get("idempotencyKey", "") for movement in wallet["outbox"]]
        if any(HOLDING_KEY in key for key in keys):
            deadline = time.monotonic() + HELD_AT_MOST_SECONDS
            while file.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
        return copies.copies_of(wallet)

    vars(copy)["copies_of"] = held
    _look_up_first(HOLDING_KEY)


def _look_up_first(key: str) -> None:
    guard = used_keys.guard
    used_keys.guard = lambda user, scoped_key: (
        None if key in scoped_key else guard(user, scoped_key)
    )


if share := os.environ.get(FAILING_CALLS):
    _fail_some_calls(float(share))
if size := os.environ.get(POOL_SIZE):
    _small_pool(int(size))
if name := os.environ.get(CLOCK_FILE):
    _wrong_clock(Path(name))
if name := os.environ.get(STOP_AFTER_LOOK):
    _stop_after_look(Path(name))
if name := os.environ.get(RELAY_HOLD_FILE):
    _held_relay(Path(name))
if name := os.environ.get(mutants.SELECTED):
    mutants.MUTANTS[name](setattr)

app = create_app()

if name := os.environ.get(DIE_FOLDER):
    dying.install(app, Path(name))
