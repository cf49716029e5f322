"""Our adapters keep every rule of the port, as anybody's are tried."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"http": "HttpDouble", "razorpayx": "RazorpayXDouble"}


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """As whoever writes an adapter does, in a folder outside of this repository."""
    command = [sys.executable, "-m", "pytest", "-p", "wallet_api.payouts.conformance", *options]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("adapter", "double"), OURS.items())
def test_our_adapters_keep_every_rule(tmp_path: Path, adapter: str, double: str) -> None:
    trial = run(
        tmp_path,
        f"--adapter=tests.payouts.doubles:{adapter}",
        f"--double=tests.payouts.doubles:{double}",
    )

    assert trial.returncode == 0, trial.stdout[-3000:]
    assert "passed" in trial.stdout


def test_an_adapter_without_a_double_is_told(tmp_path: Path) -> None:
    trial = run(tmp_path, "--adapter=tests.payouts.doubles:http")

    assert trial.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--adapter needs --double" in trial.stderr
