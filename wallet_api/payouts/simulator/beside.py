"""A simulator beside a service on the same machine: it starts and ends with the service."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

START_LINE = "simulator: "


class NotStarted(Exception):
    """The message is what the simulator has said."""


@dataclass(frozen=True, slots=True)
class Beside:
    address: str
    process: "subprocess.Popen[str]"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def start(service: str, behaviours: str, books: Path) -> Beside:
    """`service`: where its callbacks go; `behaviours`: as the command's option; `books`: its
    journal. Raises NotStarted."""
    books.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(  # noqa: S603  its arguments are the service's own settings
        [
            *(sys.executable, "-m", "wallet_api.payouts.simulator", "--until-stdin-ends"),
            *("--callbacks", service, "--behaviours", behaviours, "--books", str(books)),
        ],
        # The service holds the other end, so that the simulator ends however the service ends.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    output = process.stdout
    line = "" if output is None else output.readline()
    if output is None or not line.startswith(f"{START_LINE}http"):
        process.kill()
        raise NotStarted(line.strip())
    return Beside(line.split()[1], process)
