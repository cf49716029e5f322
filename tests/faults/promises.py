"""What must hold after a fault: every promise to the clients, and every cent."""

import http.client
import json
import os
import subprocess
import sys
import time
from typing import Any

from tests.faults.clients import Connection, Crowd
from tests.faults.journal import ACCEPTED, Asked, Journal
from tests.faults.service import ROOT
from tests.faults.stage import Stage
from tests.support.ledger_secret import LEDGER_SECRET

RECOVERY_SECONDS = 30.0


def await_recovery(crowd: Crowd) -> float:
    """Seconds until money moves again; a violation (C8) after RECOVERY_SECONDS."""
    started = time.monotonic()
    connection = Connection(crowd.port, timeout=RECOVERY_SECONDS)
    while (taken := time.monotonic() - started) < RECOVERY_SECONDS:
        probe = Asked(0, "/wallets/deposit", {"amount": 0.01}, f"probe-{time.monotonic_ns()}")
        if crowd.send(connection, crowd.journal.asks(probe)) is not None:
            return taken
        time.sleep(0.2)
    crowd.journal.accuses(f"C8: no recovery within {RECOVERY_SECONDS} s")
    return RECOVERY_SECONDS


def settle(crowd: Crowd) -> None:
    """Send every key once more: each must tell what it told, or at last what happened (C3)."""
    connection = Connection(crowd.port)
    for asked in crowd.journal.asked:
        for _ in range(100):
            if crowd.send(connection, asked) is not None:
                break
            time.sleep(0.1)
        else:
            # Where one waits for ever, the others may too: this is enough.
            crowd.journal.accuses(f"C8: {asked.key} never gets an answer")
            return


def check_sums(crowd: Crowd) -> None:
    """Each wallet holds what its answers add up to (C1, C4), and its lists name them (C3, C5)."""
    connection, journal = Connection(crowd.port), crowd.journal
    for user, token in enumerate(crowd.tokens):
        expected, ids = 0, set()
        for asked in journal.asked:
            told = asked.acknowledged
            if asked.user == user and told is not None and told.status in ACCEPTED:
                cents = round(asked.body["amount"] * 100)
                expected += -cents if "destination" in asked.body else cents
                ids.add(told.id)
        wallet = _read(connection, "/wallets", token)
        if wallet["balanceCents"] != expected:
            journal.accuses(f"C1: user {user} has {wallet['balanceCents']}, told {expected}")
        if wallet["balanceCents"] < 0:
            journal.accuses(f"C2: user {user} has {wallet['balanceCents']}")
        lost = ids - _listed(connection, token)
        if lost:
            journal.accuses(f"C3: user {user} was told of {len(lost)} movements that are not there")


def _read(connection: Connection, path: str, token: str) -> dict[str, Any]:
    for _ in range(40):
        status, body = connection.call("GET", path, token=token)
        if status == 200:
            break
        time.sleep(0.1)
    return body


def _listed(connection: Connection, token: str) -> set[str]:
    listed: set[str] = set()
    path = "/wallets/transactions?limit=100"
    while path:
        page = _read(connection, path, token)
        listed |= {entry["id"] for entry in page["data"]}
        more = page["nextCursor"]
        path = f"/wallets/transactions?limit=100&cursor={more}" if more else ""
    return listed


def audit(uri: str, journal: Journal) -> None:
    """The operator's own audit, hashes included (C1 to C6)."""
    run = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "audit", "--json", "--verify-chain"],
        cwd=ROOT,
        env=os.environ | {"MONGO_URI": uri, "LEDGER_SECRET": LEDGER_SECRET},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if run.returncode == 0:
        return
    try:
        differences = json.loads(run.stdout)["differences"]
    except ValueError:
        journal.accuses(f"the audit broke off: {run.stderr[-300:]}")
        return
    for difference in differences[:5]:
        journal.accuses(f"audit: {difference['kind']}: {difference['detail']}")


def hold(stage: Stage) -> None:
    """Every promise, once the clients are quiet. Findings go into the journal."""
    settle(stage.crowd)
    audit(stage.db.uri, stage.journal)
    try:
        check_sums(stage.crowd)
    except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
        stage.journal.accuses(f"C8: balances and lists cannot be read: {error!r}")
