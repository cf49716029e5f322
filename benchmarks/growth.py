"""What grows: wallets, withdrawals in a wallet, connections."""

import random
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bson import ObjectId

from benchmarks import past, servers
from benchmarks.arena import Arena
from benchmarks.cases import CASES, People
from benchmarks.people import Person
from benchmarks.slices import Slice, measure
from benchmarks.wrk import drive

WALLETS = (1_000, 100_000)
FULL_WALLETS = (*WALLETS, 1_000_000)
VISITED = 64
"""Wallets that are sent requests, drawn from all: as many at each size, so that only it differs."""

WITHDRAWALS = (10, 1_000, 10_000, 100_000)
WITH_WITHDRAWALS = 4
"""Wallets with each of these pasts. Few, so that building them takes a minute and not an hour."""

LEVELS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with a service of its own over it."""

    arena: Arena
    database: str
    service: servers.Server

    def fill(self, users: Sequence[ObjectId], withdrawals: int) -> None:
        began = time.monotonic()
        past.insert(self.arena.client[self.database], users, withdrawals)
        seconds = time.monotonic() - began
        told = f"{len(users):,} wallets with {withdrawals:,} withdrawals each"
        print(f"made {told} in {seconds:.0f} s", file=sys.stderr, flush=True)

    def measure(self, case: str, people: Sequence[Person], seconds: int, connections: int) -> Slice:
        asked = next(one for one in CASES if one.name == case)
        requests = asked.requests(People(many=people, readers=people, hot=people), 0)
        keys = secrets.token_hex(6) + "-"
        return measure(
            self.arena,
            [self.service.pid],
            lambda: drive(self.service.url, requests, keys, seconds, connections),
            wallets=self.arena.client[self.database]["wallets"],
            users=[person.id for person in people],
            cents=asked.cents,
            in_flight=connections,
        )


@dataclass(slots=True)
class Point:
    """One size of the thing that grows, and the slices taken there."""

    size: int
    ground: Ground
    people: Sequence[Person]
    connections: int
    slices: dict[str, list[Slice]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    cases: tuple[str, ...]
    points: list[Point]

    def run(self, rounds: int, seconds: int) -> None:
        """Sizes in turn within a round, so that the machine's moods hit all of them."""
        for turn in range(rounds + 1):
            for case in self.cases:
                for point in self.points:
                    taken = point.ground.measure(case, point.people, seconds, point.connections)
                    if turn:  # The first one warms up.
                        point.slices.setdefault(case, []).append(taken)


def series(place: Arena, stack: ExitStack, *, full: bool, part: int) -> Iterator[Series]:
    """Each with its ground made ready when it is asked for. part: one in so many of everything."""
    by_wallets = []
    for size in FULL_WALLETS if full else WALLETS:
        ground = _ground(place, stack, f"wallets_{size // part}")
        users = [ObjectId() for _ in range(size // part)]
        ground.fill(users, withdrawals=0)
        visited = past.people(random.sample(users, min(VISITED, len(users))))
        by_wallets.append(Point(len(users), ground, visited, CONNECTIONS))
    yield Series("wallets", ("withdraw", "deposit", "balance"), by_wallets)

    ground = _ground(place, stack, "withdrawals")
    by_withdrawals = []
    for size in WITHDRAWALS:
        users = [ObjectId() for _ in range(WITH_WITHDRAWALS)]
        ground.fill(users, size // part)
        people = past.people(users)
        by_withdrawals.append(Point(size // part, ground, people, WITH_WITHDRAWALS))
    yield Series(
        "withdrawals in a wallet",
        ("withdraw", "deposit", "replay", "balance", "list"),
        by_withdrawals,
    )

    first = by_wallets[0]
    by_connections = [Point(level, first.ground, first.people, level) for level in LEVELS]
    yield Series("connections", ("withdraw", "balance"), by_connections)


def _ground(place: Arena, stack: ExitStack, database: str) -> Ground:
    log = place.folder / f"{database}.log"
    service = stack.enter_context(servers.service(place.settings_of(database), log))
    return Ground(place, database, service)
