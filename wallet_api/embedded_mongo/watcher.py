"""Keeps a mongod running for a service: a process that starts it again whenever it dies."""

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from wallet_api.embedded_mongo.errors import EmbeddedMongoError
from wallet_api.embedded_mongo.server import EmbeddedMongo

STABLE_SECONDS = 3.0
"""Having lived so long, it is started again at once; before, after a pause that doubles."""
LONGEST_PAUSE_SECONDS = 30.0


def main(folder: Path) -> None:
    """Run a server over `folder` until SIGTERM; its URI, or why there is none, goes to stdout."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = EmbeddedMongo(folder)
    try:
        server.start()
    except EmbeddedMongoError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        sys.exit(1)
    print(json.dumps({"uri": server.uri}), flush=True)
    pause = 0.0
    try:
        while True:
            pause = keep(server, pause, time.sleep)
    finally:
        server.stop()


def keep(server: EmbeddedMongo, pause: float, sleep: Callable[[float], None]) -> float:
    """Wait until the server dies, and start it again, by the same URI and over the same data.

    `pause`: seconds before it is started, unless it lived long. Returns the next death's pause.
    """
    since = time.monotonic()
    ended = server.wait()
    died = time.monotonic()
    if died - since >= STABLE_SECONDS:
        pause = 0.0
    say(f"MongoDB {ended}; starting it again over the same data{_later(pause)}")
    while True:
        sleep(pause)
        pause = longer(pause)
        try:
            server.restart()
        except EmbeddedMongoError as error:
            say(f"MongoDB cannot be started: {error}; trying again{_later(pause)}")
        else:
            say(f"MongoDB is back after {time.monotonic() - died:.1f} s (process {server.pid})")
            return pause


def longer(pause: float) -> float:
    return min(max(1.0, 2 * pause), LONGEST_PAUSE_SECONDS)


def say(line: str) -> None:
    print(f"wallet_api: {line}", file=sys.stderr, flush=True)


def _later(pause: float) -> str:
    return f" in {pause:.0f} s" if pause else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
