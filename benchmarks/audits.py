"""The audit of a database that was measured: its answer, its rate, and the memory that it takes."""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from benchmarks.arena import Arena
from benchmarks.servers import ROOT
from benchmarks.usage import peak_memory_mb
from wallet_api.embedded_mongo.server import DATABASE

LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Audit:
    database: str
    verify_chain: bool
    clean: bool
    told: str
    """All that it printed."""
    peak_mb: float
    """Of resident memory: the most that its process had at a time, as it was last seen."""

    @property
    def wallets(self) -> int:
        return self._figure(r"^([\d,]+) wallets in ")

    @property
    def wallets_per_second(self) -> int:
        return self._figure(r"^[\d,]+ wallets in [\d.]+ s \(([\d,]+) a second\)")

    @property
    def entries(self) -> int:
        return self._figure(r"^([\d,]+) ledger entries")

    @property
    def entries_per_second(self) -> float:
        return self.entries * self.wallets_per_second / max(1, self.wallets)

    def _figure(self, pattern: str) -> int:
        """0 where an audit that broke off has not told it."""
        found = re.search(pattern, self.told, re.MULTILINE)
        return int(found[1].replace(",", "")) if found else 0


def audit(arena: Arena, database: str = DATABASE, *, verify_chain: bool = False) -> Audit:
    """Run `flask audit`, as an operator does."""
    options = ["--verify-chain"] if verify_chain else []
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "audit", *options],
            cwd=ROOT,
            env=os.environ | arena.settings_of(database),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        peak_mb = 0.0
        with process:
            # Not what `wait4` says of it: that counts the parent's pages, before the child's exec.
            while process.poll() is None:
                peak_mb = max(peak_mb, peak_memory_mb(process.pid))
                _wait(process)
        output.seek(0)
        told = output.read()[-5000:].strip()
    return Audit(database, verify_chain, process.returncode == 0, told, peak_mb)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(LOOK_EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return
