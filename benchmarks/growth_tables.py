"""What grows, as tables: a request's cost by size, the audit's rate, the day by the hour."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from benchmarks.audits import Audit
from benchmarks.day import Day, Hour
from benchmarks.growth import Point, Series
from benchmarks.slices import Slice

_FIGURES: tuple[tuple[str, int, Callable[[Slice], float]], ...] = (
    ("CPU ms, server", 2, lambda taken: taken.server_cpu_ms),
    ("CPU ms, mongod", 2, lambda taken: taken.mongod_cpu_ms),
    ("round trips", 2, lambda taken: taken.round_trips),
    ("p50 ms", 2, lambda taken: taken.latency_ms["50"]),
    ("p99 ms", 2, lambda taken: taken.latency_ms["99"]),
    ("req/s", 0, lambda taken: taken.per_second),
)


def of_series(grown: Series) -> Iterator[str]:
    """Lines. Medians of the rounds."""
    sizes = "".join(f"{point.size:>11,}" for point in grown.points)
    yield f"{grown.name + ' ->':<32}{sizes}{'last/first':>12}"
    for case in grown.cases:
        for name, places, figure in _FIGURES:
            values = [_median(point, case, figure) for point in grown.points]
            shown = "".join(f"{value:>11.{places}f}" for value in values)
            ratio = values[-1] / values[0] if values[0] else 1
            yield f"{f'{case}: {name}':<32}{shown}{ratio:>12.2f}"


def cpu_ms(point: Point, case: str) -> float:
    """Of the server and of mongod, for one request: the median of the rounds."""
    return _median(point, case, lambda taken: taken.server_cpu_ms + taken.mongod_cpu_ms)


def of_day(day: Day) -> Iterator[str]:
    yield (
        f"{'':<8}{'asked/s':>9}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'server':>9}{'mongod':>9}"
        f"{'failed':>8}{'MB':>6}{'mongod MB':>11}"
    )
    for hour in day.hours:
        yield _hour(hour)
    requests = sum(hour.requests for hour in day.hours)
    yield (
        f"{requests:,} requests, {day.movements:,} of them movements, to {day.wallets:,} wallets "
        f"with {day.entries:,} entries"
    )


def _hour(hour: Hour) -> str:
    taken = hour.taken
    return (
        f"{hour.hour:>5}:00{hour.per_second:>9,}{taken.per_second:>8.0f}"
        f"{taken.latency_ms['50']:>9.2f}{taken.latency_ms['99']:>9.2f}"
        f"{taken.server_cpu_ms:>9.2f}{taken.mongod_cpu_ms:>9.2f}{taken.failed:>8}"
        f"{taken.memory_mb:>6.0f}{hour.mongod_mb:>11.0f}"
    )


def of_audits(audits: Sequence[Audit]) -> Iterator[str]:
    yield (
        f"{'audit':<18}{'hashes':<12}{'wallets':>11}{'entries':>13}{'wallets/s':>11}"
        f"{'entries/s':>11}{'peak MB':>9}"
    )
    for audit in audits:
        yield (
            f"{audit.database:<18}{'recomputed' if audit.verify_chain else 'the ends':<12}"
            f"{audit.wallets:>11,}{audit.entries:>13,}{audit.wallets_per_second:>11,.0f}"
            f"{audit.entries_per_second:>11,.0f}{audit.peak_mb:>9.0f}"
            f"{'' if audit.clean else '  DIFFERS'}"
        )


def _median(point: Point, case: str, figure: Callable[[Slice], float]) -> float:
    return median(map(figure, point.slices[case]))
