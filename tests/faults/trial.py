"""One scenario from its first client to its last check."""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests import mutants
from tests.faults import promises
from tests.faults.scenarios import KEYLESS_RETRY, Scenario
from tests.faults.stage import CLIENTS, Stage

SMALL_DISK = "150m"
MONEY = re.compile("C[1-6]:|audit:|graceful:")


@dataclass(frozen=True)
class Outcome:
    fault: str
    struck: int
    requests: int
    acknowledged: int
    unknown: int
    violations: list[str]
    gap_seconds: float
    recovery_seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def about_money(self) -> list[str]:
        """Not merely slow, or a wrong status: a mutant that is caught is caught by one of these."""
        return [found for found in self.violations if MONEY.match(found)]


def attempt(scenario: Scenario, seed: int, *, mutant: str | None = None) -> Outcome:
    """Strike, recover, settle, and hold everything against the promises."""
    hooks = scenario.hooks
    if mutant is not None and mutant != KEYLESS_RETRY:
        hooks = hooks | {mutants.SELECTED: mutant}
    with (
        _disk(small=scenario.on_small_disk) as data,
        Stage(
            replicated=scenario.replicated,
            proxied=scenario.proxied,
            hooks=hooks,
            seed=seed,
            keyless_retry=mutant == KEYLESS_RETRY,
            data=data,
        ) as stage,
    ):
        stage.crowd.start(CLIENTS)
        stage.run(1)
        struck, slowest = 0, 0.0
        for _ in range(scenario.times):
            struck += scenario.strike(stage) or 1
            slowest = max(slowest, promises.await_recovery(stage.crowd))
            if mutant is not None and any(map(MONEY.match, stage.journal.violations)):
                break
        stage.crowd.stop()
        promises.hold(stage)
        journal = stage.journal
        if scenario.graceful and journal.dropped:
            journal.accuses(f"graceful: {journal.dropped} movements were made and not answered")
        return Outcome(
            fault=scenario.name,
            struck=struck,
            requests=journal.requests,
            acknowledged=len(journal.answered_at),
            unknown=journal.unknown,
            violations=journal.violations,
            gap_seconds=round(journal.gap_seconds(), 1),
            recovery_seconds=round(slowest, 1),
        )


@contextmanager
def _disk(*, small: bool) -> Iterator[Path | None]:
    """A file system of its own for the database, where the disk is to be filled. Needs root."""
    if not small:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="wallet-disk-"))
    options = ["-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs"]
    subprocess.run(["mount", *options, str(folder)], check=True)
    try:
        yield folder
    finally:
        for _ in range(20):
            if subprocess.run(["umount", str(folder)], check=False).returncode == 0:
                break
            time.sleep(0.5)
        folder.rmdir()
