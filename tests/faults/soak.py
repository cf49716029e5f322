"""`make soak`: faults at random for minutes on end, the same ones for the same seed."""

import argparse
import random
import signal
import sys
import time
from collections import Counter

from tests.faults import promises, strikes
from tests.faults.stage import CLIENTS, Stage

ON_A_STANDALONE = (
    strikes.kill_worker,
    strikes.kill_tree,
    strikes.kill_mongod,
    strikes.terminate,
    strikes.hang_up,
    strikes.cut_replies,
    strikes.slow_network,
)
ON_A_REPLICA_SET = (
    strikes.kill_worker,
    strikes.kill_tree,
    strikes.hang_up,
    strikes.kill_primary,
    strikes.pause_primary,
    strikes.partition_primary,
    strikes.step_down,
    strikes.no_majority,
)


def soak(minutes: float, seed: int, *, replicated: bool) -> list[str]:
    """The violations found. Prints what it does."""
    choose = random.Random(f"{seed} {replicated}")
    where = "replica set" if replicated else "standalone"
    struck: Counter[str] = Counter()
    with Stage(replicated=replicated, proxied=not replicated, seed=seed) as stage:
        stage.crowd.start(CLIENTS)
        until = time.monotonic() + 60 * minutes
        while time.monotonic() < until:
            strike = choose.choice(ON_A_REPLICA_SET if replicated else ON_A_STANDALONE)
            struck[strike.__name__] += 1
            strike(stage)
            back = promises.await_recovery(stage.crowd)
            print(f"{where}: {strike.__name__}, back after {back:.1f} s", flush=True)
        stage.crowd.stop()
        promises.hold(stage)
        journal = stage.journal
        print(
            f"{where}: {sum(struck.values())} faults, {journal.requests} requests, "
            f"{len(journal.answered_at)} acknowledged, {journal.unknown} unknown, "
            f"{len(journal.violations)} violations {dict(struck)}",
            flush=True,
        )
        return journal.violations


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    # As Ctrl-C does: whatever was started ends with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"seed {arguments.seed}", flush=True)
    violations = [
        violation
        for replicated in (False, True)
        for violation in soak(arguments.minutes / 2, arguments.seed, replicated=replicated)
    ]
    for violation in violations[:20]:
        print(f"    {violation}")
    return int(bool(violations))


if __name__ == "__main__":
    sys.exit(main())
