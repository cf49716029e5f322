"""`make bench`: every endpoint beside its limit, in one run."""

import argparse
import sys
import time

from benchmarks import plots, records, tables
from benchmarks.arena import arena
from benchmarks.audits import audit
from benchmarks.rounds import LEVELS, Round, run, stage, voided
from benchmarks.wrk import demand_wrk


def main() -> int:
    """0: all money accounted for, and no request failed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each slice")
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    demand_wrk()
    began = time.monotonic()
    rounds: list[Round] = []
    with arena() as place:
        with stage(place, chosen.rounds) as on:
            for this in run(on, chosen.rounds, chosen.seconds, chosen.connections):
                rounds.append(this)
                print(_progress(this, len(rounds), chosen.rounds), file=sys.stderr, flush=True)
        audited = audit(place)
        faults = voided(rounds)
        told = {
            "settings": vars(chosen) | {"levels": LEVELS},
            "rounds": rounds,
            "faults": faults,
            "audit": audited,
        }
        written = [
            records.write("bench", told, place),
            *plots.draw(rounds, chosen.connections, records.RESULTS),
        ]
    print("\n".join(["", *tables.results(rounds), "", *tables.by_connections(rounds), ""]))
    print(f"{chosen.rounds} rounds of {chosen.seconds} s slices, {chosen.connections} connections,")
    print(f"{time.monotonic() - began:.0f} s in all. Written: {', '.join(map(str, written))}")
    print("\n".join(["", "The audit, afterwards:", audited.told, *faults]))
    return 0 if audited.clean and not faults else 1


def _progress(this: Round, number: int, of: int) -> str:
    rates = ", ".join(f"{case} {taken.per_second:.0f}" for case, taken in this.service.items())
    return f"round {number} of {of}: {rates}"


if __name__ == "__main__":
    sys.exit(main())
