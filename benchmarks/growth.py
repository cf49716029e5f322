"""What grows: wallets, the keys of a wallet, ledger entries, connections."""

import random
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bson import ObjectId

from benchmarks import past, servers
from benchmarks.arena import Arena
from benchmarks.building import build
from benchmarks.cases import CASES, People
from benchmarks.people import Person
from benchmarks.slices import Slice, measure
from benchmarks.wrk import drive

CONNECTIONS = 16
VISITED = 64
"""Wallets that are sent requests, drawn from all: as many at each size, so that only it differs."""

WALLETS = (1_000, 100_000)
FULL_WALLETS = (*WALLETS, 1_000_000)

KEYS = (10, 1_000, 10_000, 100_000)
FULL_KEYS = (*KEYS, 1_000_000)
WITH_KEYS = 4
"""Wallets that have had so many keys. Few, so that making them takes minutes and not hours."""

ENTRIES = (100_000, 1_000_000)
FULL_ENTRIES = (*ENTRIES, 10_000_000)
OF_ENTRIES = past.Past(deposits=90, withdrawals=10)
"""What each wallet has been through: so that those which are visited are alike at each size."""

LEVELS = (1, 2, 4, 8, 16, 32, 64, 128, 256)

NAMES = ("wallets", "keys", "entries", "connections")


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with a service of its own over it."""

    arena: Arena
    database: str
    service: servers.Server

    def fill(self, wallets: int, of_past: past.Past) -> list[ObjectId]:
        """The users."""
        users = [ObjectId() for _ in range(wallets)]
        build(self.arena.uri, self.database, users, of_past)
        return users

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
    users: Sequence[ObjectId]
    """All that there are."""
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


class Growth:
    """The series, each with its ground made ready when it is asked for."""

    def __init__(self, place: Arena, stack: ExitStack, *, full: bool, part: int) -> None:
        """part: one in so many of everything."""
        self._place, self._stack = place, stack
        self._full, self._part = full, part

    def series(self, name: str) -> Series:
        made = {
            "wallets": self._by_wallets,
            "keys": self._by_keys,
            "entries": self._by_entries,
            "connections": self._by_connections,
        }
        return made[name]()

    def _by_wallets(self) -> Series:
        points = []
        for size in self._sizes(FULL_WALLETS if self._full else WALLETS):
            ground = self._ground(f"wallets_{size}")
            points.append(_visited(size, ground, ground.fill(size, past.NEW)))
        return Series("wallets", ("withdraw", "deposit", "balance"), points)

    def _by_keys(self) -> Series:
        ground = self._ground("keys")
        points = []
        for size in self._sizes(FULL_KEYS if self._full else KEYS):
            users = ground.fill(WITH_KEYS, past.Past(withdrawals=size))
            points.append(Point(size, ground, users, past.people(users), WITH_KEYS))
        cases = ("withdraw", "deposit", "replay", "balance", "list")
        return Series("keys that a wallet has had", cases, points)

    def _by_entries(self) -> Series:
        points = []
        for size in self._sizes(FULL_ENTRIES if self._full else ENTRIES):
            ground = self._ground(f"entries_{size}")
            users = ground.fill(max(1, size // OF_ENTRIES.movements), OF_ENTRIES)
            points.append(_visited(size, ground, users))
        cases = ("withdraw", "deposit", "replay", "balance", "list")
        return Series("ledger entries in the database", cases, points)

    def _by_connections(self) -> Series:
        ground = self._ground("connections")
        some = _visited(WALLETS[0], ground, ground.fill(WALLETS[0], past.NEW))
        points = [Point(level, ground, some.users, some.people, level) for level in LEVELS]
        return Series("connections", ("withdraw", "balance"), points)

    def _sizes(self, of_all: Sequence[int]) -> list[int]:
        return [max(1, size // self._part) for size in of_all]

    def _ground(self, database: str) -> Ground:
        log = self._place.folder / f"{database}.log"
        service = self._stack.enter_context(servers.service(self._place.settings_of(database), log))
        return Ground(self._place, database, service)


def _visited(size: int, ground: Ground, users: Sequence[ObjectId]) -> Point:
    some = random.sample(users, min(VISITED, len(users)))
    return Point(size, ground, users, past.people(some), CONNECTIONS)
