"""The ways in, tried with settings that they are to refuse."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

WAYS_IN = {
    "gunicorn": [sys.executable, "-m", "gunicorn"],
    "flask": [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi"), "audit"],
}


def started_in(cwd: Path, way: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Started as people do, in a folder of its own; it is meant to end at once."""
    arguments = [*WAYS_IN[way]]
    if way == "gunicorn":
        arguments += ["--config", str(ROOT / "gunicorn.conf.py")]
    return subprocess.run(
        arguments,
        cwd=cwd,
        # As the Makefile has it: Flask would read the file by itself, and stumble over it.
        env={**os.environ, "PYTHONPATH": str(ROOT), "FLASK_SKIP_DOTENV": "1", **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
