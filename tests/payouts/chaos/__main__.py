"""`python -m tests.payouts.chaos`: withdrawals through killed workers and a hostile gateway."""

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.faults.servers import ReplicaSet
from tests.payouts.chaos.crowd import Crowd
from tests.payouts.chaos.town import Town
from tests.payouts.chaos.verdict import counts, violations, wait_until_quiet
from wallet_api import clock

ENDLESS = (
    *("declined_then_settled", "forgets_its_key", "never_found_though_paid", "two_found"),
    *("inquiry_always_500", "answers_1_gb"),
)
"""By design of the gateway: a loss that no client can prevent, or a payout that a person ends."""

BEHAVIOURS = ",".join(["all", *(f"{name}=0" for name in ENDLESS)])

STRUCK_SECONDS = 5.0
"""So long the strikes go on once all is answered, and most is still to be paid."""

QUIET_SECONDS = 120.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--withdrawals", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--behaviours", default=BEHAVIOURS)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two strikes")
    parser.add_argument("--replica-set", action="store_true", help="whose primary steps down too")
    asked = parser.parse_args()
    # As Ctrl-C does: whatever was started ends with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="wallet-payouts-"))
    with Town(folder, asked.seed, asked.behaviours, replicas=asked.replica_set) as town:
        crowd = Crowd(town.service.port, asked.seed)
        ended, struck = threading.Event(), []
        striker = threading.Thread(target=strike, args=(town, ended, asked.pause, struck))
        begun = time.monotonic()
        striker.start()
        try:
            crowd.withdraw(asked.withdrawals, asked.clients)
            answered = time.monotonic() - begun
            time.sleep(STRUCK_SECONDS)
        finally:
            ended.set()
            striker.join()
        quiet = wait_until_quiet(town, QUIET_SECONDS)
        found = violations(town, crowd)
        print(f"{asked.withdrawals} withdrawals, seed {asked.seed}, logs in {folder}")
        print(f"answered in {answered:.0f} s, quiet after {time.monotonic() - begun:.0f} s")
        print("struck:", ", ".join(f"{name} {struck.count(name)}" for name in sorted(set(struck))))
        print("ended:", ", ".join(f"{name} {number}" for name, number in counts(town).items()))
        if not quiet:
            found.insert(0, f"not quiet within {QUIET_SECONDS:.0f} s")
        since = clock.rfc3339(clock.now() - timedelta(hours=1))
        for words in (
            ("audit", "--verify-chain"),
            ("reconcile", "--gateway", "http", "--from", since),
        ):
            code, told = town.command(*words)
            print(f"\n$ flask --app wsgi {' '.join(words)}")
            print("\n".join(line for line in told.splitlines() if "to review:" not in line))
            print(f"{told.count('to review:')} to review, exit code {code}\n")
            if code:
                found.append(f"{words[0]} exits with {code}")
        for violation in found[:20]:
            print("  !", violation)
        print("Both books agree." if not found else f"{len(found)} violations")
    return 1 if found else 0


def strike(town: Town, ended: threading.Event, pause: float, struck: list[str]) -> None:
    strikes: tuple[Callable[[], None], ...] = (
        *(town.kill_a_worker, town.kill_a_worker, town.pause_a_worker),
        *(town.kill_a_server, town.kill_the_database),
    )
    if isinstance(town.db, ReplicaSet):
        strikes = (*strikes, town.step_down, town.step_down)
    while not ended.wait(pause):
        chosen = town.random.choice(strikes)
        chosen()
        struck.append(chosen.__name__)


if __name__ == "__main__":
    sys.exit(main())
