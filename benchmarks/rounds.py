"""The order of the run: short slices of everybody in turn, so that the machine's moods hit all."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from benchmarks import people, servers
from benchmarks.arena import Arena
from benchmarks.cases import CASES, HISTORY, NOOP, REPLAYED_KEY, Case, People
from benchmarks.limit import DATABASE as LIMIT_DATABASE
from benchmarks.limit import Limit, limit
from benchmarks.slices import Slice, measure
from benchmarks.wrk import drive

WALLETS = 64
READERS = 8
LEVELS = (1, 2, 4, 8, 16, 32, 64)
SWEPT = ("withdraw", "balance")
SWEEP_SECONDS = 1


@dataclass(slots=True)
class Round:
    """Its slices, by case; those of the no-op and of the limit were each measured right after."""

    service: dict[str, Slice] = field(default_factory=dict)
    limit: dict[str, Slice] = field(default_factory=dict)
    noop: dict[str, Slice] = field(default_factory=dict)
    by_connections: dict[str, dict[int, Slice]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everybody who is measured, running and warm."""

    arena: Arena
    service: servers.Server
    noop: servers.Server
    limit: Limit
    people: People

    def of_service(self, case: Case, turn: int, seconds: float, connections: int) -> Slice:
        requests = case.requests(self.people, turn)
        keys = secrets.token_hex(6) + "-"
        everybody = (*self.people.many, *self.people.readers, *self.people.hot)
        return measure(
            self.arena,
            [self.service.pid],
            lambda: drive(self.service.url, requests, keys, seconds, connections),
            wallets=self.arena.database["wallets"],
            users=[person.id for person in everybody],
            cents=case.cents,
            in_flight=connections,
        )

    def of_limit(self, case: Case, turn: int, seconds: float, connections: int) -> Slice:
        wallets = self.limit.wallets
        keys = secrets.token_hex(6) + "-"
        return measure(
            self.arena,
            self.limit.pids,
            lambda: self.limit.drive(case.name, turn, keys, seconds, connections),
            wallets=self.arena.client[LIMIT_DATABASE]["wallets"],
            users=[*wallets.many, *wallets.hot],
            cents=case.cents,
        )

    def of_noop(self, seconds: float, connections: int) -> Slice:
        requests = NOOP.requests(self.people, 0)
        return measure(
            self.arena,
            [self.noop.pid],
            lambda: drive(self.noop.url, requests, "", seconds, connections),
        )


@contextmanager
def stage(arena: Arena, rounds: int) -> Iterator[Stage]:
    with ExitStack() as stack:
        log = arena.folder / "server.log"
        service = stack.enter_context(servers.service(arena.environment, log))
        noop = stack.enter_context(servers.noop(arena.environment, arena.folder / "noop.log"))
        # One hot wallet more, for warming up.
        present = People(
            many=people.join(service.url, WALLETS),
            readers=people.join(service.url, READERS),
            hot=people.join(service.url, rounds + 1),
        )
        people.withdraw_often(service.url, list(present.readers), HISTORY)
        for person in present.many:
            people.withdraw(service.url, person, REPLAYED_KEY)
        bare = stack.enter_context(limit(arena, WALLETS, rounds + 1))
        yield Stage(arena, service, noop, bare, present)


def run(on: Stage, rounds: int, seconds: float, connections: int) -> Iterator[Round]:
    for case in CASES:
        _take(on, Round(), case, rounds, 1, connections)
    for turn in range(rounds):
        this = Round()
        for case in CASES:
            _take(on, this, case, turn, seconds, connections)
        for level in LEVELS:
            for case in CASES:
                if case.name in SWEPT:
                    taken = on.of_service(case, turn, SWEEP_SECONDS, level)
                    this.by_connections.setdefault(case.name, {})[level] = taken
            idle = on.of_noop(SWEEP_SECONDS, level)
            this.by_connections.setdefault(NOOP.name, {})[level] = idle
        yield this


def _take(on: Stage, this: Round, case: Case, turn: int, seconds: float, connections: int) -> None:
    this.service[case.name] = on.of_service(case, turn, seconds, connections)
    if case.has_limit:
        this.limit[case.name] = on.of_limit(case, turn, seconds, connections)
    this.noop[case.name] = on.of_noop(seconds, connections)


def voided(rounds: list[Round]) -> list[str]:
    """What makes the run's figures worthless, in words."""
    faults: list[str] = []
    for turn, this in enumerate(rounds, 1):
        named: list[tuple[str, Slice]] = [
            *((f"{case}", taken) for case, taken in this.service.items()),
            *((f"limit of {case}", taken) for case, taken in this.limit.items()),
            *((f"no-op beside {case}", taken) for case, taken in this.noop.items()),
            *(
                (f"{case}, {level} connections", taken)
                for case, levels in this.by_connections.items()
                for level, taken in levels.items()
            ),
        ]
        faults += [f"round {turn}, {name}: {fault}" for name, s in named for fault in faults_of(s)]
    return faults


def faults_of(taken: Slice) -> Iterator[str]:
    if taken.failed:
        yield f"{taken.failed} requests failed"
    if taken.cents_amiss:
        yield f"MONEY WRONG, by {taken.cents_amiss} cents"
