"""One client, beside those whose money moves, attacks the service."""

import signal
import time
from collections.abc import Callable

from tests.faults.stage import Stage
from tests.hostile.attacks import attacking
from tests.hostile.starving import user

SECONDS = 5.0


def hang_mongod(stage: Stage) -> None:
    """It answers nothing for longer than a request may wait."""
    stage.db.members[0].signal(signal.SIGSTOP)
    stage.run(7)
    stage.db.members[0].signal(signal.SIGCONT)
    stage.run(2)


def _flood(attack: str, clients: int) -> Callable[[Stage], None]:
    def strike(stage: Stage) -> None:
        port = stage.service.port
        _, token = user(port, f"attacker-{time.monotonic_ns()}@example.com")
        with attacking(attack, port, clients, SECONDS, token):
            stage.run(SECONDS)

    return strike


idle_flood = _flood("silent", 2200)
slow_readers = _flood("slow_assets", 40)
hash_flood = _flood("wrong_logins", 200)
