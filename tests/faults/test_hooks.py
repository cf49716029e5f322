"""Hooks and mutants find what they take the place of: those that `make faults` alone would miss."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import mutants
from tests.faults import service
from tests.mutants import Mutant, relay

HOOKS = Path(__file__).with_name("hooks.py").read_text()
SETTINGS = dict(re.findall(r'^(\w+) = "(FAULT_\w+)"', HOOKS, re.MULTILINE))


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_mutant_takes_the_place_of_something(name: str, mutate: Callable[[Mutant], None]) -> None:
    """`mutate` raises where there is nothing of this name."""
    before = signal.getsignal(signal.SIGTERM)

    mutate(mutants.MUTANTS[name])

    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("mutant", [None, relay.truncation_first.__name__])
def test_the_service_starts_with_it(mutant: str | None, tmp_path: Path) -> None:
    hooks = dict.fromkeys(SETTINGS.values(), "1") if mutant is None else {}
    chosen = {} if mutant is None else {mutants.SELECTED: mutant}
    nowhere = {"MONGO_URI": "mongodb://127.0.0.1:1/nowhere", "DATA_DIR": str(tmp_path)}

    started = subprocess.run(
        [sys.executable, "-c", "import tests.faults.hooks"],
        cwd=service.ROOT,
        env=os.environ | nowhere | hooks | chosen,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert started.returncode == 0, started.stderr
    assert len(SETTINGS) == 6
