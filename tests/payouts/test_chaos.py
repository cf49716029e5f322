"""A short run of `python -m tests.payouts.chaos`: both books agree after kills at random."""

import subprocess
import sys

import pytest

from tests.faults.service import ROOT


@pytest.mark.lengthy
def test_both_books_agree_after_kills_and_a_gateway_with_every_fault() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.payouts.chaos", "--withdrawals", "400", "--pause", "0.4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "struck: kill" in run.stdout or "struck: pause" in run.stdout, run.stdout
