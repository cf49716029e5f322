"""A day of a company's traffic, in minutes: what the service's memory and answers are by the hour.

It follows the hours of a day: quiet at night, busy in the evening, and at noon salaries come.
"""

import itertools
import random
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import past
from benchmarks.cases import CASES, People
from benchmarks.growth import Point
from benchmarks.people import Person
from benchmarks.slices import Slice, measure
from benchmarks.usage import memory_mb
from benchmarks.wrk import Load, drive

PER_SECOND = (
    *(150, 100, 75, 75, 100, 200, 400, 700, 1_000, 1_200, 1_400, 1_800),
    *(2_200, 1_600, 1_200, 1_100, 1_100, 1_200, 1_300, 1_100, 900, 600, 400, 250),
)
"""Requests, by hour."""
NOON = 12
HOUR_SECONDS = 12
CONNECTIONS = 32
VISITORS = 4_000
"""In each hour others, drawn from all wallets."""

USUAL = {"balance": 8, "withdraw": 5, "deposit": 4, "replay": 2, "list": 1}
AT_NOON = {"balance": 5, "withdraw": 3, "deposit": 10, "replay": 1, "list": 1}
"""Of twenty requests."""
MOVING = ("withdraw", "deposit")


@dataclass(frozen=True, slots=True)
class Hour:
    hour: int
    per_second: int
    """So many were to be sent."""
    taken: Slice
    mongod_mb: float
    requests: int
    """Answered."""
    movements: tuple[int, int]
    """That the answers account for: at least, and at most with those that were cut off."""


@dataclass(frozen=True, slots=True)
class Day:
    wallets: int
    entries: int
    """As the day began."""
    hours: list[Hour]
    movements: int
    """By which the wallets' sequences have grown."""

    @property
    def faults(self) -> Iterator[str]:
        for hour in self.hours:
            if hour.taken.failed:
                yield f"the day, {hour.hour}:00: {hour.taken.failed} requests failed"
        fewest, most = (sum(hour.movements[end] for hour in self.hours) for end in (0, 1))
        if not fewest <= self.movements <= most:
            yield f"THE DAY: {self.movements} movements, but {fewest} to {most} were answered"


def spend(point: Point, seconds: int, rates: Sequence[int] = PER_SECOND) -> Day:
    """Send a day's requests to the wallets of this point. `seconds`: of an hour."""
    ground = point.ground
    wallets = ground.arena.client[ground.database]["wallets"]
    before = _movements(wallets)
    hours = []
    for hour, per_second in enumerate(rates):
        hours.append(_hour(point, hour, per_second, seconds))
        print(f"{hour:2}:00 {per_second:,} a second", file=sys.stderr, flush=True)
    return Day(len(point.users), point.size, hours, _movements(wallets) - before)


def _hour(point: Point, hour: int, per_second: int, seconds: int) -> Hour:
    ground = point.ground
    some = past.people(random.sample(point.users, min(VISITORS, len(point.users))))
    mix = AT_NOON if hour == NOON else USUAL
    kinds = random.choices(list(mix), list(mix.values()), k=len(some))
    requests = [_request(kind, person) for kind, person in zip(kinds, some, strict=True)]
    keys = secrets.token_hex(6) + "-"
    loads: list[Load] = []

    def load() -> Load:
        loads.append(drive(ground.service.url, requests, keys, seconds, CONNECTIONS, per_second))
        return loads[0]

    taken = measure(ground.arena, [ground.service.pid], load)
    return Hour(
        hour,
        per_second,
        taken,
        memory_mb(ground.arena.mongod),
        loads[0].requests,
        movements_of(kinds, loads[0].requests),
    )


def _request(kind: str, person: Person) -> str:
    case = next(one for one in CASES if one.name == kind)
    return case.requests(People(many=[person], readers=[person], hot=[person]), 0)[0]


def movements_of(kinds: Sequence[str], answered: int) -> tuple[int, int]:
    """How many movements have so many answers to requests of these kinds, sent in turn, made.

    At least, and at most: each connection has had at most one more request cut off, and which of
    those that were sent last are the answered ones is not known.
    """

    def among_the_first(sent: int) -> int:
        rounds, rest = divmod(sent, len(kinds))
        turns = itertools.islice(itertools.cycle(kinds), 1, 1 + rest)  # the second one comes first
        moving = sum(kind in MOVING for kind in kinds)
        return rounds * moving + sum(kind in MOVING for kind in turns)

    fewest = among_the_first(max(0, answered - CONNECTIONS))
    return fewest, among_the_first(answered + CONNECTIONS)


def _movements(wallets: Any) -> int:
    """Of all wallets, in all their time."""
    pipeline = [{"$group": {"_id": None, "movements": {"$sum": "$sequence"}}}]
    return sum(group["movements"] for group in wallets.aggregate(pipeline))
