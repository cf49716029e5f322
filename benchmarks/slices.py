"""One slice: a case, driven for a moment, and what it cost."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from benchmarks.arena import Arena
from benchmarks.usage import cpu_seconds, memory_mb
from benchmarks.wrk import Load

DRAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Slice:
    per_second: float
    latency_ms: dict[str, float]
    server_cpu_ms: float
    """Per request, of the server's processes; the copying that it caused included."""
    mongod_cpu_ms: float
    round_trips: float
    """Per request, the copying that it caused included."""
    memory_mb: float
    failed: int
    cents_amiss: int
    """What the balances moved beyond what the answers explain. Anything but 0 voids the slice."""


def measure(
    arena: Arena,
    servers: Sequence[int],
    load: Callable[[], Load],
    *,
    wallets: Any = None,
    users: Sequence[ObjectId] = (),
    cents: int = 0,
    in_flight: int = 0,
) -> Slice:
    """Drive the load, and wait until what it committed is copied.

    servers: the processes whose CPU and memory count, with those of their children.
    wallets: the collection in which `users`' balances must move by `cents` with each answer. Up to
    `in_flight` requests more may have been committed without their answer being waited for.
    """
    balances = _sum(wallets, users)
    trips = arena.round_trips()
    cpu = cpu_seconds(*servers), cpu_seconds(arena.mongod)
    done = load()
    looks = _drain(wallets) if cents else 0
    used = cpu_seconds(*servers) - cpu[0], cpu_seconds(arena.mongod) - cpu[1]
    trips = arena.round_trips() - trips - 1 - looks
    answered = max(1, done.requests)
    return Slice(
        per_second=done.requests / done.seconds,
        latency_ms=done.latency_ms,
        server_cpu_ms=used[0] * 1000 / answered,
        mongod_cpu_ms=used[1] * 1000 / answered,
        round_trips=trips / answered,
        memory_mb=memory_mb(*servers),
        failed=done.refused + done.broken,
        cents_amiss=_amiss(_sum(wallets, users) - balances, done, cents, in_flight),
    )


def _sum(wallets: Any, users: Sequence[ObjectId]) -> int:
    if wallets is None:
        return 0
    pipeline = [
        {"$match": {"user": {"$in": list(users)}}},
        {"$group": {"_id": None, "cents": {"$sum": "$balanceCents"}}},
    ]
    return sum(group["cents"] for group in wallets.aggregate(pipeline))


def _drain(wallets: Any) -> int:
    """Wait until no wallet carries anything; returns how many looks that took."""
    looks = 0
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        looks += 1
        # By the sweeper's index: instant however many wallets there are.
        if wallets.find_one({"outbox.0.at": {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}}) is None:
            break
        time.sleep(0.05)
    return looks


def _amiss(moved: int, done: Load, cents: int, in_flight: int) -> int:
    if cents == 0:
        return moved
    movements, rest = divmod(moved, cents)
    fewest = done.requests - done.refused
    if rest == 0 and fewest <= movements <= fewest + in_flight:
        return 0
    return moved - fewest * cents
