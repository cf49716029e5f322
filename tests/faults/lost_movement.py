"""The fault that needs most care: a movement that can be read, and is lost a moment later."""

import threading
import time
from contextlib import suppress

from bson import ObjectId
from pymongo.errors import PyMongoError
from pymongo.read_preferences import ReadPreference

from tests.faults.clients import QUIET_USER
from tests.faults.hooks import HOLDING_KEY
from tests.faults.servers import DATABASE, Mongod, ReplicaSet
from tests.faults.stage import Stage

TRIES = 4
ELECTION_TIMEOUT_MS = 8000
"""So long a primary that has lost the others goes on being asked; 2 s are missed too often."""


def lose_unreplicated(stage: Stage) -> None:
    """A movement is readable on a primary that alone has it; then that primary is lost.

    Of a user who does nothing else: on a busy wallet, the next movement takes its number, and the
    unique index of the ledger then happens to refuse the copy.

    Nobody may be told of it meanwhile, and a relay that has read it must not copy it on the next
    primary. Raises RuntimeError: no movement was lost, so that nothing would be shown.
    """
    assert isinstance(stage.db, ReplicaSet)
    stage.db.set_election_timeout(ELECTION_TIMEOUT_MS)
    if not any(_lose_one(stage) for _ in range(TRIES)):
        raise RuntimeError("no movement was read and then lost")


def _lose_one(stage: Stage) -> bool:
    """Whether a movement was read on the old primary, and is not on the new one."""
    assert isinstance(stage.db, ReplicaSet)
    replicas, hold = stage.db, stage.folder / "relay-hold"
    key = f"{HOLDING_KEY}-{time.monotonic_ns()}"
    primary, secondaries = replicas.primary(), replicas.secondaries()
    hold.touch()
    # Killed, not stopped: a stopped one's socket takes in the movement, and it is not lost.
    for member in secondaries:
        member.kill()
    asking = [_asks(stage, key)]
    movement = _movement(primary, key, seconds=3)
    # Now the same key again: both ask the one primary that has it, and that cannot keep it.
    asking.append(_asks(stage, key))
    stage.run(4)
    primary.kill()
    for member in secondaries:
        member.start()
    survived = _movement(replicas.primary(), key, seconds=0)
    hold.unlink()
    stage.run(3)
    replicas.heal()
    for thread in asking:
        thread.join(30)
    # Sent again by another client since, it may have moved: under another id.
    return movement is not None and movement != survived


def _asks(stage: Stage, key: str) -> threading.Thread:
    thread = threading.Thread(target=stage.ask, args=(key, 11, 20, QUIET_USER), daemon=True)
    thread.start()
    return thread


def _movement(member: Mongod, key: str, seconds: float) -> ObjectId | None:
    """The id of the key's movement on this one server, whoever else has it."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(PyMongoError), member.client() as client:
            wallets = client[DATABASE].get_collection(
                "wallets", read_preference=ReadPreference.NEAREST
            )
            wallet = wallets.find_one({"outbox.idempotencyKey": f"withdrawal:{key}"})
            for movement in wallet["outbox"] if wallet else []:
                if movement.get("idempotencyKey") == f"withdrawal:{key}":
                    return movement["id"]
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.02)
