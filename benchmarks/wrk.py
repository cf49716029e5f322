"""The load generator: wrk, which costs the machine little beside what it measures."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FRESH_KEY = "\x1f"
"""Stands in a request for an idempotency key that is new each time it is sent."""

_BETWEEN = "\x1e"
_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Load:
    requests: int
    """Answered ones, whatever the answer."""
    refused: int
    """Answers that are no 2xx."""
    broken: int
    """Connections that failed, and answers that did not come."""
    seconds: float
    latency_ms: dict[str, float]
    """By percentile: "1" to "99", and "99.9"."""


def demand_wrk() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("benchmarks: wrk is missing, the load generator: apt install wrk")


def request(
    method: str,
    path: str,
    *,
    token: str | None = None,
    body: dict[str, object] | None = None,
    key: str | None = None,
) -> str:
    """One whole HTTP request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if key is not None:
        lines.append(f"Idempotency-Key: {key}")
    content = ""
    if body is not None:
        content = json.dumps(body, separators=(",", ":"))
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", content])


def drive(
    url: str,
    requests: Sequence[str],
    keys: str,
    seconds: float,
    connections: int,
    per_second: float | None = None,
) -> Load:
    """Send the requests in turn, the second one first, over so many connections, each sending its
    next once answered; no more than `per_second` of all of them, if that is given.

    At the end some requests are cut off unanswered: at most one for each connection.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".requests") as file:
        file.write(_BETWEEN.join(requests))
        file.flush()
        done = subprocess.run(
            [
                *("wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"),
                *("--timeout", "20s", "-s", str(_SCRIPT), url, "--", file.name, keys),
                *([] if per_second is None else [str(per_second)]),
            ],
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"benchmarks: wrk failed\n{done.stdout}{done.stderr}")
    return Load(**json.loads(done.stdout.splitlines()[-1]))
