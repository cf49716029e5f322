"""Hooks and mutants find what they take the place of: those that `make faults` alone would miss."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import mutants, service

HOOKS = Path(__file__).with_name("hooks.py").read_text()
SETTINGS = dict(re.findall(r'^(\w+) = "(FAULT_\w+)"', HOOKS, re.MULTILINE))


@pytest.mark.parametrize("mutant", [None, *mutants.MUTANTS])
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
