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

EXACT_SECONDS = 10.0
"""It tells tenths of them."""


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
    def entries(self) -> int:
        return self._figure(r"^([\d,]+) ledger entries")

    @property
    def seconds(self) -> float:
        """Without the start of the process."""
        told = self._told(r"^[\d,]+ wallets in ([\d.]+) s")
        per_second = self._told(r"^[\d,]+ wallets in [\d.]+ s \(([\d,]+) a second\)")
        # Of few seconds the rate says more, of few wallets it says nothing.
        return self.wallets / per_second if told < EXACT_SECONDS and per_second else told

    @property
    def wallets_per_second(self) -> float:
        return self.wallets / self.seconds if self.seconds else 0.0

    @property
    def entries_per_second(self) -> float:
        return self.entries / self.seconds if self.seconds else 0.0

    def _figure(self, pattern: str) -> int:
        return int(self._told(pattern))

    def _told(self, pattern: str) -> float:
        """0 where an audit that broke off has not told it."""
        found = re.search(pattern, self.told, re.MULTILINE)
        return float(found[1].replace(",", "")) if found else 0.0


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
