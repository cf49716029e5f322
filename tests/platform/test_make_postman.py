"""`make postman` runs against the port that it is given, or says that nothing listens there."""

import subprocess
from pathlib import Path

from tests.faults.servers import free_port

ROOT = Path(__file__).parents[2]


def make_postman(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--silent", "postman", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_where_nothing_listens_one_line_says_so() -> None:
    port = free_port()

    done = make_postman(f"PORT={port}")

    said = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert said == [f"nothing listens at http://127.0.0.1:{port}"]
    assert done.stdout == ""
    assert done.returncode != 0


def test_the_collection_runs_against_the_given_port() -> None:
    told = make_postman("--dry-run", "PORT=3456").stdout

    assert "--env-var baseUrl=http://127.0.0.1:3456" in told
