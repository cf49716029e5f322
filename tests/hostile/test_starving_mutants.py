"""The attacks are ones: against a service that is broken on purpose, others are not served."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.servers import Standalone
from tests.faults.service import copied_to
from tests.hostile.starving import MORE_THAN_THREADS, Row, Seen, measured
from tests.hostile.test_one_client_stops_nobody import SHORT, WITHIN_SECONDS

pytestmark = [pytest.mark.lengthy, pytest.mark.usefixtures("_no_settings_from_outside")]

Change = tuple[str, str, str]
"""A file, what is written there, and what is written there instead."""

HOWEVER_MANY_WAIT: Change = ("server/parser.py", "is_crowded() or", "is_crowded() and False or")
WAITS_LONG: Change = ("server/parser.py", "NEXT_PIECE_MS = 10\n", "NEXT_PIECE_MS = 9000\n")
ENTRIES = 20_000
ATTACKS = SHORT | {
    # What takes a processor's time adds up only after some seconds.
    "fast-readers": Row("fast-readers", "fast_statements", MORE_THAN_THREADS, 10),
    "many-half-sent": Row("many-half-sent", "half_sent", 2200, 8),
    "registrations": Row("registrations", "registrations", 200, 8),
}
MUTANTS: dict[str, tuple[str, tuple[Change, ...]]] = {
    "nobody is asked to leave": (
        "silent",
        (("server/waiting.py", "self.nr_conns >= self.worker_connections", "False"),),
    ),
    "a thread waits for the rest of a head": ("half-sent", (HOWEVER_MANY_WAIT, WAITS_LONG)),
    "it waits a little, however many others do": (
        "many-half-sent",
        (HOWEVER_MANY_WAIT,),
    ),
    "a thread waits for the rest of a body": ("no-body", (HOWEVER_MANY_WAIT, WAITS_LONG)),
    "a thread waits for a reader": (
        "slow-assets",
        (
            (
                "server/response.py",
                "sent = self.sock.send(data, socket.MSG_DONTWAIT)",
                "sent = self.sock.sendall(data) or len(data)",
            ),
        ),
    ),
    "long statements are made at once, as many as are asked for": (
        "fast-readers",
        (
            ("server/sending.py", "TURN_BYTES = 64 * 1024", "TURN_BYTES = 1 << 40"),
            ("ledger/statement.py", "total=32, of_one_client=4", "total=999, of_one_client=999"),
        ),
    ),
    "a thread of the pool hashes passwords": (
        "registrations",
        (
            (
                "server/costly.py",
                '{"/auth/login", "/auth/register", "/auth/password", "/auth/password/reset"}',
                "set[str]()",
            ),
        ),
    ),
}


@pytest.fixture(scope="module")
def database() -> Iterator[Standalone]:
    standalone = Standalone()
    yield standalone
    standalone.close()


TRIES = 3


def is_served(seen: Seen) -> bool:
    return seen.outcomes.keys() == {"200"} and seen.p99 < WITHIN_SECONDS


def changed(root: Path, changes: tuple[Change, ...]) -> Path:
    for name, written, instead in changes:
        file = root / "wallet_api" / name
        text = file.read_text()
        assert text.count(written) == 1, (name, written)
        file.write_text(text.replace(written, instead))
    return root


@pytest.mark.parametrize("mutant", MUTANTS)
def test_others_wait_for_a_service_that_lacks_it(
    database: Standalone, tmp_path: Path, mutant: str
) -> None:
    name, changes = MUTANTS[mutant]
    root = changed(copied_to(tmp_path), changes)

    def others_wait() -> bool:
        health, others, _ = measured(database, tmp_path, root, ATTACKS[name], ENTRIES)
        return not (is_served(health) and is_served(others))

    # How long they wait depends on what else the machine does.
    assert any(others_wait() for _ in range(TRIES))
