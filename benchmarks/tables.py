"""The results as tables."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from benchmarks.cases import CASES, NOOP
from benchmarks.rounds import Round
from benchmarks.slices import Slice

_HEAD = (
    f"{'':<18}{'req/s':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'server':>9}{'mongod':>8}"
    f"{'trips':>7}{'MB':>6}{'x limit':>9}{'x no-op':>9}"
)


def results(rounds: Sequence[Round]) -> Iterator[str]:
    """Lines. Each figure is the median of the rounds; each ratio the median of their ratios."""
    yield "Latencies in ms; server and mongod: CPU ms a request; trips: round trips to MongoDB."
    yield ""
    yield _HEAD
    for case in CASES:
        of_limit = _ratio(rounds, case.name, lambda this: this.limit) if case.has_limit else None
        of_noop = _ratio(rounds, case.name, lambda this: this.noop)
        yield _row(case.name, [this.service[case.name] for this in rounds], of_limit, of_noop)
    yield ""
    for case in CASES:
        if case.has_limit:
            yield _row(f"limit: {case.name}", [this.limit[case.name] for this in rounds])
    yield _row(NOOP.name, [taken for this in rounds for taken in this.noop.values()])
    yield ""
    yield from (f"{case.name:<18}{case.what}" for case in (*CASES, NOOP))
    yield f"{'limit':<18}bare PyMongo, as many at a time, the same operations; of the hot wallet:"
    yield f"{'':<18}the service's own movements, without HTTP, JSON and Flask"


def by_connections(rounds: Sequence[Round]) -> Iterator[str]:
    levels = list(next(iter(rounds[0].by_connections.values())))
    yield f"{'connections':<18}" + "".join(f"{level:>9}" for level in levels)
    for case in rounds[0].by_connections:
        for what, figure in (("req/s", _per_second), ("p99 ms", _p99)):
            yield f"{case + ' ' + what:<18}" + "".join(
                f"{median(figure(this.by_connections[case][level]) for this in rounds):>9.{n}f}"
                for level in levels
                for n in ([0] if what == "req/s" else [1])
            )


def _per_second(taken: Slice) -> float:
    return taken.per_second


def _p99(taken: Slice) -> float:
    return taken.latency_ms["99"]


def _ratio(rounds: Sequence[Round], case: str, other: Callable[[Round], dict[str, Slice]]) -> float:
    return median(this.service[case].per_second / other(this)[case].per_second for this in rounds)


def _row(
    name: str, slices: Sequence[Slice], of_limit: float | None = None, of_noop: float | None = None
) -> str:
    def of(figure: Callable[[Slice], float]) -> float:
        return median(map(figure, slices))

    figures = [
        f"{name:<18}{of(_per_second):>8.0f}",
        *(f"{median(taken.latency_ms[p] for taken in slices):>8.2f}" for p in ("50", "95", "99")),
        f"{of(lambda taken: taken.server_cpu_ms):>9.3f}",
        f"{of(lambda taken: taken.mongod_cpu_ms):>8.3f}",
        f"{of(lambda taken: taken.round_trips):>7.2f}",
        f"{of(lambda taken: taken.memory_mb):>6.0f}",
        *("" if ratio is None else f"{ratio:>9.2f}" for ratio in (of_limit, of_noop)),
    ]
    # A case without a limit leaves its column empty.
    if of_limit is None and of_noop is not None:
        figures[-2] = " " * 9
    return "".join(figures)
