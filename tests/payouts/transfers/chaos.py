"""`python -m tests.payouts.transfers.chaos`: transfers while processes and mongod are killed."""

import argparse
import http.client
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.database import Database

from tests.faults.clients import Connection
from tests.faults.servers import Standalone
from tests.faults.service import ROOT, Service

USERS = 10
FOREIGNER = USERS
"""A wallet of another currency, which takes nothing from the others."""
START = 1000
"""Major units, in each wallet."""
PATIENCE = 80
"""Times that a request is sent until it is answered."""
QUIET_SECONDS = 60.0

SETTINGS = {
    "PAYOUT_HTTP_TIMEOUT_SECONDS": "1",
    "PAYOUT_LEASE_SECONDS": "3",
    "PAYOUT_RETRY_SECONDS": "0.1",
    "PAYOUT_RETRY_MAX_SECONDS": "1",
    "DATABASE_TIMEOUT_SECONDS": "10",
    "WORKERS": "2",
    "THREADS": "16",
    "RELAY_BATCH": "64",
    "OUTBOX_LIMIT": "256",
}


@dataclass
class Sent:
    key: str
    sender: int
    recipient: int
    amount_cents: int
    ids: set[str] = field(default_factory=set)
    """Of every answer to it: one at most."""
    first_status: str = ""


class Town:
    """The service in two processes, its database, and people with wallets."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.struck: Counter[str] = Counter()
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._mongo = Standalone(self._folder / "mongo")
            stack.callback(self._mongo.close)
            log = self._folder / "service.log"
            self.service = Service(self._mongo.uri, log, {}, settings=SETTINGS)
            stack.callback(self.service.kill_tree)
            self.service.start()
            self.service.wait()
            client: MongoClient[dict[str, Any]] = MongoClient(self._mongo.uri)
            stack.callback(client.close)
            self.database: Database[dict[str, Any]] = client.get_default_database()
            self.people = [self._joins(user) for user in range(USERS + 1)]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def strike(self, ended: threading.Event, pause: float) -> None:
        while not ended.wait(pause):
            if self.random.random() < 0.1:
                self._mongo.restart()
                self.struck["mongod"] += 1
            else:
                with suppress(ProcessLookupError, IndexError):
                    os.kill(self.random.choice(self.service.workers()), signal.SIGKILL)
                    self.struck["process"] += 1

    def send(self, sent: Sent, connection: Connection) -> None:
        """Once more and once more, until it is answered."""
        token, recipient = self.people[sent.sender][0], self.people[sent.recipient][1]
        body = {"amountCents": sent.amount_cents, "destination": f"wallet:{recipient}"}
        for _ in range(PATIENCE):
            try:
                status, told = connection.call("POST", "/withdrawals", body, token, sent.key)
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.05)
                continue
            if status == 201:
                sent.ids.add(told["id"])
                sent.first_status = sent.first_status or told["status"]
                return
            assert status in (429, 500, 503), told
            time.sleep(0.2)
        raise AssertionError(f"{sent.key} is never answered")

    def is_quiet(self) -> bool:
        due = self.database.withdrawals.count_documents({"dueAt": {"$exists": True}})
        return not due and not self.database.wallets.count_documents(
            {"outbox.0": {"$exists": True}}
        )

    def audit(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "audit", "--verify-chain"],
            cwd=ROOT,
            env=self.service.environment | {"FLASK_SKIP_DOTENV": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def _joins(self, user: int) -> tuple[str, str]:
        """The token, and the user's id."""
        connection = Connection(self.service.port)
        who = {"email": f"sender{user}@example.com", "password": "correct horse 1"}
        more = {"firstName": "A", "lastName": "B", "currency": "USD" if user == USERS else "INR"}
        connection.call("POST", "/auth/register", who | more)
        token: str = connection.call("POST", "/auth/login", who)[1]["token"]
        me = connection.call("GET", "/auth/me", token=token)[1]["id"]
        status, told = connection.call("POST", "/wallets/deposit", {"amount": START}, token, "s")
        assert status == 200, told
        return token, me


def crowd(town: Town, count: int, clients: int, seed: int) -> list[Sent]:
    """So many transfers, each answered at the end."""
    choose = random.Random(seed)
    sent = []
    for number in range(count):
        sender, recipient = choose.sample(range(USERS), 2)
        recipient = FOREIGNER if choose.random() < 0.1 else recipient
        sent.append(Sent(f"k{number}", sender, recipient, choose.randint(1, 300)))

    def work(mine: list[Sent], again: random.Random) -> None:
        connection = Connection(town.service.port, 15)
        for each in mine:
            town.send(each, connection)
            if again.random() < 0.2:
                town.send(each, connection)

    threads = [
        threading.Thread(target=work, args=(sent[each::clients], random.Random(each)))
        for each in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


def violations(town: Town, sent: list[Sent]) -> list[str]:
    """By the wallets and the records, against what was asked for."""
    records = {str(each["_id"]): each for each in town.database.withdrawals.find()}
    found = []
    expected = [START * 100] * (USERS + 1)
    for each in sent:
        if len(each.ids) != 1 or not each.ids <= records.keys():
            found.append(f"{each.key}: answered with {each.ids or 'nothing'}")
            continue
        status = records[next(iter(each.ids))]["status"]
        if status != ("failed" if each.recipient == FOREIGNER else "success"):
            found.append(f"{each.key}: {status}")
        if status == "success":
            expected[each.sender] -= each.amount_cents
            expected[each.recipient] += each.amount_cents
    if len(records) != len(sent):
        found.append(f"{len(sent)} asked for, {len(records)} recorded")
    wallets = {str(each["user"]): each["balanceCents"] for each in town.database.wallets.find()}
    for (_, user), cents in zip(town.people, expected, strict=True):
        if wallets[user] != cents:
            found.append(f"user {user} has {wallets[user]}, should have {cents}")
    if (cents := sum(wallets.values())) != (USERS + 1) * START * 100:
        found.append(f"{cents} in all wallets, deposited were {(USERS + 1) * START * 100}")
    return found


def run(folder: Path, count: int, clients: int, seed: int, pause: float) -> list[str]:
    """What is wrong afterwards; prints what has happened."""
    with Town(folder, seed) as town:
        ended = threading.Event()
        striker = threading.Thread(target=town.strike, args=(ended, pause))
        begun = time.monotonic()
        striker.start()
        try:
            sent = crowd(town, count, clients, seed)
        finally:
            ended.set()
            striker.join()
        answered = time.monotonic() - begun
        while (
            not (quiet := town.is_quiet()) and time.monotonic() < begun + answered + QUIET_SECONDS
        ):
            time.sleep(0.2)
        seconds = time.monotonic() - begun
        found = violations(town, sent)
        if not quiet:
            found.insert(0, f"not quiet within {QUIET_SECONDS:.0f} s")
        audit = town.audit()
        if audit.returncode:
            found.append(f"the audit ends with {audit.returncode}")
        killed = ", ".join(f"{name} {number}" for name, number in sorted(town.struck.items()))
        told = Counter(each.first_status for each in sent)
        print(f"{count} transfers among {USERS} wallets, seed {seed}; killed: {killed}")
        print(f"answered in {answered:.0f} s, quiet after {seconds:.0f} s")
        print("first answers:", ", ".join(f"{name} {told[name]}" for name in sorted(told)))
        print(audit.stdout)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.7, help="seconds between two strikes")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="wallet-transfers-"))
    # As Ctrl-C does: whatever was started ends with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found = run(folder, asked.transfers, asked.clients, asked.seed, asked.pause)
    for violation in found[:20]:
        print("  !", violation)
    print(f"{len(found)} violations, logs in {folder}" if found else "Nothing is lost or invented.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
