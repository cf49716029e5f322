"""`make bench-scale`: what a request costs as the work grows; it must stay the same."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

from benchmarks import records
from benchmarks.arena import arena
from benchmarks.growth import Point, Series, series
from benchmarks.rounds import faults_of
from benchmarks.slices import Slice
from benchmarks.wrk import demand_wrk


def main() -> int:
    """0: all money accounted for, and no request failed."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1, help="of each slice")
    parser.add_argument("--full", action="store_true", help="a million wallets as well")
    parser.add_argument("--part", type=int, default=1, help="one in so many, to try it out")
    chosen = parser.parse_args()
    demand_wrk()
    began = time.monotonic()
    done: list[Series] = []
    with arena() as place:
        with ExitStack() as stack:
            for each in series(place, stack, full=chosen.full, part=chosen.part):
                each.run(chosen.rounds, chosen.seconds)
                print("\n".join(["", *_table(each)]), flush=True)
                done.append(each)
        databases = dict.fromkeys(point.ground.database for each in done for point in each.points)
        audits = {name: place.audit(name) for name in databases}
        faults = [fault for each in done for fault in _faults(each)]
        told = {
            "settings": vars(chosen),
            "series": [_raw(each) for each in done],
            "faults": faults,
            "audits": audits,
        }
        path = records.write("scale", told, place)
    print(f"\n{time.monotonic() - began:.0f} s in all. Written: {path}")
    for name, (clean, audit) in audits.items():
        print(f"The audit of {name}: {audit.splitlines()[-1] if clean else audit}")
    print("\n".join(faults))
    return 0 if all(clean for clean, _ in audits.values()) and not faults else 1


def _table(grown: Series) -> Iterator[str]:
    """Lines. Medians of the rounds."""
    yield (
        f"{grown.name + ' ->':<26}"
        + "".join(f"{point.size:>10,}" for point in grown.points)
        + f"{'last/first':>12}"
    )
    for case in grown.cases:
        yield from _rows(grown, case)


def _rows(grown: Series, case: str) -> Iterator[str]:
    figures: tuple[tuple[str, Callable[[Slice], float]], ...] = (
        ("CPU ms, server", lambda taken: taken.server_cpu_ms),
        ("CPU ms, mongod", lambda taken: taken.mongod_cpu_ms),
        ("round trips", lambda taken: taken.round_trips),
        ("p50 ms", lambda taken: taken.latency_ms["50"]),
        ("p99 ms", lambda taken: taken.latency_ms["99"]),
        ("req/s", lambda taken: taken.per_second),
    )
    for name, figure in figures:
        values = [_median(point, case, figure) for point in grown.points]
        places = 0 if name == "req/s" else 2
        yield (
            f"{f'{case}: {name}':<26}"
            + "".join(f"{value:>10.{places}f}" for value in values)
            + f"{values[-1] / values[0] if values[0] else 1:>12.2f}"
        )


def _median(point: Point, case: str, figure: Callable[[Slice], float]) -> float:
    return median(map(figure, point.slices[case]))


def _faults(grown: Series) -> Iterator[str]:
    for point in grown.points:
        for case, slices in point.slices.items():
            for taken in slices:
                for fault in faults_of(taken):
                    yield f"{grown.name} {point.size}, {case}: {fault}"


def _raw(grown: Series) -> dict[str, Any]:
    points = [
        {"size": point.size, "connections": point.connections, "slices": point.slices}
        for point in grown.points
    ]
    return {"name": grown.name, "points": points}


if __name__ == "__main__":
    sys.exit(main())
