"""What everybody else sees while one client attacks: `python -m tests.hostile.starving`."""

import argparse
import http.client
import json
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo import MongoClient

from tests.faults import service as services
from tests.faults.servers import Standalone
from tests.faults.service import Service
from tests.hostile.attacks import PASSWORD, attacking

GIVEN_UP_SECONDS = 20.0
WORKERS, THREADS = 2, 32
MORE_THAN_THREADS = 3 * WORKERS * THREADS // 2
"""Clients, each of which holds a thread, where the service lets it: then nobody else has one."""


@dataclass(frozen=True)
class Row:
    title: str
    attack: str
    clients: int
    seconds: float = 15
    descriptors: int | None = None
    hangs: bool = False


ROWS = {
    "idle-1024": Row("2,000 idle connections, ulimit 1024", "silent", 2000, descriptors=1024),
    "silent": Row("2,200 silent connections", "silent", 2200),
    "kept": Row("2,200 connections, idle after an answer", "kept_open", 2200),
    "half-sent": Row("96 half-sent requests", "half_sent", MORE_THAN_THREADS),
    "many-half-sent": Row("2,200 half-sent requests", "half_sent", 2200),
    "no-body": Row("96 requests without their bodies", "without_body", MORE_THAN_THREADS),
    "slow-readers": Row(
        "96 slow readers of a long statement", "slow_statements", MORE_THAN_THREADS, 25
    ),
    "slow-assets": Row("96 slow readers of a large answer", "slow_assets", MORE_THAN_THREADS, 25),
    "fast-readers": Row(
        "96 fast readers of a long statement", "fast_statements", MORE_THAN_THREADS
    ),
    "registrations": Row("200 registrations at once", "registrations", 200),
    "logins": Row("200 wrong logins at once", "wrong_logins", 200),
    "hang": Row("mongod hangs, 40 clients", "deposits", 40, 30, hangs=True),
}


@dataclass
class Seen:
    """What an innocent client saw: seconds of each request, and the statuses."""

    seconds: list[float] = field(default_factory=list)
    outcomes: "Counter[str]" = field(default_factory=Counter)

    @property
    def worst(self) -> float:
        return max(self.seconds, default=float("nan"))

    @property
    def p99(self) -> float:
        if len(self.seconds) < 2:
            return self.worst
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[98]


def ask(
    port: int, method: str, path: str, body: Any = None, token: str = ""
) -> tuple[int, dict[str, Any]]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVEN_UP_SECONDS)
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {token}"} if token else {}
    )
    try:
        client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        client.close()


def user(port: int, email: str) -> tuple[ObjectId, str]:
    """A new one's id and token."""
    person = {"firstName": "A", "lastName": "B", "email": email, "password": PASSWORD}
    id_ = ask(port, "POST", "/auth/register", person)[1]["userId"]
    login = {"email": email, "password": PASSWORD}
    return ObjectId(id_), ask(port, "POST", "/auth/login", login)[1]["token"]


def lengthen(uri: str, port: int, id_: ObjectId, token: str, entries: int) -> None:
    """Give the wallet's ledger so many entries, most of them copies of the first."""
    ask(port, "POST", "/wallets/deposit", {"amount": 1}, token)
    ask(port, "GET", "/wallets/statement", token=token)
    with MongoClient[dict[str, Any]](uri) as client:
        ledger = client.get_default_database()["ledger_entries"]
        first = ledger.find_one({"user": id_})
        assert first is not None
        ledger.insert_many(
            [first | {"_id": ObjectId(), "sequence": number} for number in range(2, entries + 1)]
        )


@contextmanager
def watching(port: int, token: str) -> Iterator[tuple[Seen, Seen]]:
    """Health checks and another user's deposits, each on a new connection, one after the other."""
    health, deposits = Seen(), Seen()
    stop = threading.Event()

    def watch(seen: Seen, *asked: Any) -> None:
        while not stop.wait(0.05):
            since = time.monotonic()
            try:
                seen.outcomes[str(ask(port, *asked)[0])] += 1
            except (OSError, http.client.HTTPException, ValueError) as error:
                seen.outcomes[type(error).__name__] += 1
            seen.seconds.append(time.monotonic() - since)

    threads = [
        threading.Thread(target=watch, args=(health, "GET", "/healthz")),
        threading.Thread(
            target=watch, args=(deposits, "POST", "/wallets/deposit", {"amount": 1}, token)
        ),
    ]
    for thread in threads:
        thread.start()
    try:
        yield health, deposits
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def serving(
    database: Standalone, folder: Path, root: Path, row: Row, settings: dict[str, str]
) -> Iterator[Service]:
    plain = services.GUNICORN
    if row.descriptors is not None:
        services.GUNICORN = ["prlimit", f"--nofile={row.descriptors}", *plain]
    service = Service(database.uri, folder / "service.log", {}, root, settings)
    try:
        service.start()
        service.wait()
        yield service
    finally:
        services.GUNICORN = plain
        with suppress(ProcessLookupError):
            database.server.signal(signal.SIGCONT)
        service.kill_tree()


AS_SHIPPED = {
    "WORKERS": str(WORKERS),
    "THREADS": str(THREADS),
    "DATABASE_TIMEOUT_SECONDS": "15",
    "ARGON2_MEMORY_KIB": "19456",
    "ARGON2_TIME_COST": "2",
    "RELAY_BATCH": "64",
    "OUTBOX_LIMIT": "256",
    "SWEEP_SECONDS": "3.0",
}


def measured(
    database: Standalone, folder: Path, root: Path, row: Row, entries: int
) -> tuple[Seen, Seen, dict[str, int]]:
    """Health checks, another user's deposits, and what the attacker saw."""
    with serving(database, folder, root, row, AS_SHIPPED) as service:
        mark = time.monotonic_ns()
        id_, attacker = user(service.port, f"attacker-{mark}@example.com")
        _, other = user(service.port, f"other-{mark}@example.com")
        if "statement" in row.attack:
            lengthen(database.uri, service.port, id_, attacker, entries)
        for _ in range(20):
            ask(service.port, "POST", "/wallets/deposit", {"amount": 1}, other)
        if row.hangs:
            database.server.signal(signal.SIGSTOP)
        attack = attacking(row.attack, service.port, row.clients, row.seconds, attacker)
        with attack as process, watching(service.port, other) as (health, deposits):
            time.sleep(row.seconds)
            told = process.communicate(timeout=60)[0]
        return health, deposits, json.loads(told or "{}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", default=list(ROWS), metavar="ROW")
    parser.add_argument("--root", type=Path, default=services.ROOT, help="a checkout to attack")
    parser.add_argument("--entries", type=int, default=20_000, help="of the long statement")
    given = parser.parse_args()
    print(
        "| attack | /healthz, worst | others' p99 | others' worst | load |\n|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        database = Standalone()
        try:
            for name in given.rows:
                row = ROWS[name]
                health, others, told = measured(
                    database, Path(folder), given.root, row, given.entries
                )
                print(
                    f"| {row.title} | {health.worst:.2f} s | {others.p99:.2f} s "
                    f"| {others.worst:.2f} s | {os.getloadavg()[0]:.1f} |",
                    flush=True,
                )
                print(
                    f"{name}: {dict(health.outcomes)} {dict(others.outcomes)} {told}",
                    file=sys.stderr,
                    flush=True,
                )
        finally:
            database.close()


if __name__ == "__main__":
    main()
