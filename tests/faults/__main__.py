"""`make faults`: every fault on the product, and on the mutant that it must reveal; one table."""

import argparse
import json
import re
import signal
import sys
import traceback
from pathlib import Path

from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.trial import Outcome, attempt

RESULTS = Path("results/faults.json")
MUTANT_TRIES = 3
"""What a mutant loses depends on the moment at which the fault strikes. The product has one try."""
HEADER = (
    f"{'fault':42} {'struck':>6} {'requests':>8} {'acked':>6} {'unknown':>7} "
    f"{'gap s':>6} {'back s':>6} {'violations':>10}  mutant"
)


def row(outcome: Outcome, caught: str) -> str:
    return (
        f"{outcome.fault:42} {outcome.struck:6} {outcome.requests:8} {outcome.acknowledged:6} "
        f"{outcome.unknown:7} {outcome.gap_seconds:6} {outcome.recovery_seconds:6} "
        f"{len(outcome.violations):10}  {caught}"
    )


def judge(scenario: Scenario, seed: int) -> tuple[Outcome, Outcome]:
    product = attempt(scenario, seed)
    for each in range(MUTANT_TRIES):
        mutant = attempt(scenario, seed + each, mutant=scenario.mutant)
        if mutant.about_money:
            break
    return product, mutant


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a regular expression of the faults' names")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    # As Ctrl-C does: whatever was started ends with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(HEADER, flush=True)
    results, failed = [], False
    for scenario in SCENARIOS:
        if not re.search(arguments.only, scenario.name):
            continue
        try:
            product, mutant = judge(scenario, arguments.seed)
        except Exception:
            # A stage that broke down proves nothing, and must not hide the other faults.
            print(f"{scenario.name}: the run itself failed", flush=True)
            traceback.print_exc()
            failed = True
            continue
        caught = bool(mutant.about_money)
        failed |= bool(product.violations) or not caught
        word = f"caught by {mutant.about_money[0][:60]}" if caught else "NOT CAUGHT"
        print(row(product, f"{scenario.mutant}: {word}"), flush=True)
        for violation in product.violations[:5]:
            print(f"    {violation}", flush=True)
        results.append(
            {"product": product.as_json(), "mutant": scenario.mutant, "seen": mutant.as_json()}
        )
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1))
    print("A promise was broken, or a mutant lives." if failed else "Every promise held.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
