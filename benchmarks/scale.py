"""`make bench-scale`: what a request costs as the work grows; it must stay the same."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from benchmarks import day, growth_plot, growth_tables, records
from benchmarks.arena import Arena, arena
from benchmarks.audits import Audit, audit
from benchmarks.day import Day
from benchmarks.growth import NAMES, Growth, Series
from benchmarks.rounds import faults_of
from benchmarks.wrk import demand_wrk

DAY = "day"
DAYS_SERIES = "entries"
"""The day is spent in its largest database."""


@dataclass(slots=True)
class Told:
    """What was measured."""

    series: list[Series] = field(default_factory=list)
    day: Day | None = None
    audits: list[Audit] = field(default_factory=list)

    def faults(self) -> Iterator[str]:
        for each in self.series:
            for point in each.points:
                for case, slices in point.slices.items():
                    for fault in (fault for taken in slices for fault in faults_of(taken)):
                        yield f"{each.name} {point.size}, {case}: {fault}"
        if self.day is not None:
            yield from self.day.faults
        for one in self.audits:
            if not one.clean:
                yield f"The audit of {one.database}:\n{one.told}"


def main() -> int:
    """0: all money accounted for, and no request failed."""
    chosen = _parser().parse_args()
    demand_wrk()
    began = time.monotonic()
    # What does not grow with the data, a short run tells as well.
    names = chosen.only or (["wallets", "keys", "entries", DAY] if chosen.full else list(NAMES))
    with arena() as place:
        told = _measured(place, names, chosen)
        faults = list(told.faults())
        raw = {"series": list(map(_raw, told.series)), "day": told.day, "audits": told.audits}
        written = [
            records.write("scale", {"settings": vars(chosen), "faults": faults, **raw}, place),
            *growth_plot.draw(told.series, told.day, told.audits, records.RESULTS),
        ]
    print(f"\n{time.monotonic() - began:.0f} s in all. Written: {', '.join(map(str, written))}")
    print("\n".join(faults))
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1, help="of each slice")
    parser.add_argument(
        "--full",
        action="store_true",
        help="a million wallets, a million keys in one, ten million entries, and a day's traffic: "
        "half an hour, and 3 GB below /var/tmp",
    )
    parser.add_argument(
        "--only", choices=[*NAMES, DAY], action="append", help="may be said several times"
    )
    parser.add_argument("--part", type=int, default=1, help="one in so many, to try it out")
    return parser


def _measured(place: Arena, names: list[str], chosen: argparse.Namespace) -> Told:
    told = Told()
    for name in NAMES:
        if name in names or (name == DAYS_SERIES and DAY in names):
            # Its services end with it: idle ones would cost the next series some CPU.
            with ExitStack() as stack:
                growth = Growth(place, stack, full=chosen.full, part=chosen.part)
                series = growth.series(name)
                if name in names:
                    series.run(chosen.rounds, chosen.seconds)
                    told.series.append(series)
                    _show(growth_tables.of_series(series))
                if name == DAYS_SERIES and DAY in names:
                    hour = max(1, day.HOUR_SECONDS // chosen.part)
                    told.day = day.spend(series.points[-1], hour)
                    _show(growth_tables.of_day(told.day))
            audits = list(_audits(place, series))
            told.audits += audits
            _show(growth_tables.of_audits(audits))
    return told


def _audits(place: Arena, series: Series) -> Iterator[Audit]:
    for database in dict.fromkeys(point.ground.database for point in series.points):
        # Where only the wallets grow, the two ways of auditing them are compared.
        for verify_chain in (False, True) if series.name == "wallets" else (True,):
            yield audit(place, database, verify_chain=verify_chain)


def _show(lines: Iterator[str]) -> None:
    print("\n".join(["", *lines]), flush=True)


def _raw(grown: Series) -> dict[str, Any]:
    points = [
        {"size": point.size, "connections": point.connections, "slices": point.slices}
        for point in grown.points
    ]
    return {"name": grown.name, "points": points}


if __name__ == "__main__":
    sys.exit(main())
