"""The fault at every single database call: a worker dies there, for each kind of request."""

import http.client
import time
from contextlib import suppress

from tests.faults.clients import QUIET_USER, Connection
from tests.faults.dying import dying_key
from tests.faults.journal import Asked
from tests.faults.stage import Stage

MOST_CALLS = 30
TRIES = 4


def die_at_every_call(stage: Stage) -> int:
    """How many workers have died. Of a user whom the crowd leaves alone, so that n is the same
    call each time."""
    return sum(
        _every_call(stage, kind, effect)
        for kind in ("deposit", "withdrawal", "list")
        for effect in ("before", "after")
    )


def _every_call(stage: Stage, kind: str, effect: str) -> int:
    for n in range(1, MOST_CALLS):
        # Once is no proof that there is no n-th call: a relay may have been faster, and have left
        # the list nothing to copy.
        if not any(_dies(stage, kind, effect, n) for _ in range(TRIES)):
            return n - 1
    raise RuntimeError(f"a {kind} has more than {MOST_CALLS} database calls")


def _dies(stage: Stage, kind: str, effect: str, n: int) -> bool:
    key = dying_key(effect, n, f"{kind}-{time.monotonic_ns()}")
    if kind == "list":
        _list(stage, key)
    else:
        _move(stage, kind, key)
    return (stage.folder / key).exists()


def _move(stage: Stage, kind: str, key: str) -> None:
    """Once into the death, and then until it is answered; settling asks once more."""
    body = {"amount": 0.03} | ({"destination": "bank"} if kind == "withdrawal" else {})
    path = "/withdrawals" if kind == "withdrawal" else "/wallets/deposit"
    asked = stage.journal.asks(Asked(QUIET_USER, path, body, key))
    for _ in range(40):
        if stage.crowd.send(Connection(stage.service.port), asked) is not None:
            return
        time.sleep(0.1)


def _list(stage: Stage, key: str) -> None:
    """Something waits in the outbox, and the list copies it out first."""
    _move(stage, "withdrawal", f"before-{key}")
    token = stage.crowd.tokens[QUIET_USER]
    with suppress(OSError, http.client.HTTPException, ValueError):
        Connection(stage.service.port).call("GET", "/wallets/transactions", token=token, key=key)
    time.sleep(0.1)
