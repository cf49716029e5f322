"""Our adapters keep every rule of the port, as anybody's are tried."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.lengthy

ROOT = Path(__file__).parents[2]
OURS = {"http": "HttpDouble", "razorpayx": "RazorpayXDouble"}


Trial = subprocess.CompletedProcess[str]


def run(folder: Path, *options: str) -> Trial:
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


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trial]:
    """All at once: most of their time they wait for deadlines."""

    def of(adapter: str) -> Trial:
        return run(
            tmp_path_factory.mktemp(adapter),
            f"--adapter=tests.payouts.doubles:{adapter}",
            f"--double=tests.payouts.doubles:{OURS[adapter]}",
        )

    with ThreadPoolExecutor(len(OURS)) as threads:
        return dict(zip(OURS, threads.map(of, OURS), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("adapter", OURS)
def test_our_adapters_keep_every_rule(trials: dict[str, Trial], adapter: str) -> None:
    trial = trials[adapter]

    assert trial.returncode == 0, trial.stdout[-3000:]
    assert "passed" in trial.stdout


def test_an_adapter_without_a_double_is_told(tmp_path: Path) -> None:
    trial = run(tmp_path, "--adapter=tests.payouts.doubles:http")

    assert trial.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--adapter needs --double" in trial.stderr
