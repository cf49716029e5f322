"""The raw figures, with what they were measured on, for who wants to compute with them."""

import json
import os
import platform
import subprocess
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.arena import Arena
from benchmarks.servers import ROOT

RESULTS = ROOT / "results"
_PACKAGES = ("flask", "gunicorn", "marshmallow", "mongoengine", "pymongo")


def write(name: str, body: dict[str, Any], arena: Arena) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"on": machine(arena), **body}, indent=1, default=asdict) + "\n")
    return path


def machine(arena: Arena) -> dict[str, Any]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _commit(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "mongod": arena.client.server_info()["version"],
        **{package: version(package) for package in _PACKAGES},
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
