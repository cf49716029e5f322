"""The faults: what is done to the stage while its clients live."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from tests.faults import hooks
from tests.faults.partition import cut_off
from tests.faults.servers import DATABASE, ReplicaSet, Standalone
from tests.faults.stage import Stage


def kill_worker(stage: Stage) -> None:
    with suppress(ProcessLookupError):
        os.kill(stage.random.choice(stage.service.workers()), signal.SIGKILL)
    stage.run(1.5)


def kill_tree(stage: Stage) -> None:
    stage.service.kill_tree()
    stage.service.start()
    stage.service.wait()
    stage.run(1)


def kill_mongod(stage: Stage) -> None:
    assert isinstance(stage.db, Standalone)
    stage.db.restart()
    stage.run(stage.random.uniform(0.3, 1.2))


def terminate(stage: Stage) -> None:
    stage.service.terminate()
    stage.service.start()
    stage.service.wait()
    stage.run(1)


def hang_up(stage: Stage) -> None:
    stage.service.hang_up()
    stage.run(3)


def cut_replies(stage: Stage) -> None:
    assert stage.proxy is not None
    stage.proxy.cut_replies = 0.05
    stage.run(6)
    stage.proxy.cut_replies = 0.0


def slow_network(stage: Stage) -> None:
    assert stage.proxy is not None
    stage.proxy.delay_seconds, stage.proxy.cut_replies = 0.4, 0.02
    stage.run(6)
    stage.proxy.delay_seconds, stage.proxy.cut_replies = 0.0, 0.0


def just_live(stage: Stage) -> None:
    """The fault is built in (tests.faults.hooks)."""
    stage.run(4)


def jump_clock(stage: Stage) -> None:
    file = stage.folder / "clock"
    for seconds in ("600", "-600", "0"):
        file.write_text(seconds)
        stage.run(2)


def stop_worker_after_look(stage: Stage) -> None:
    """Meanwhile the other worker uses the sleeping request's key, and its relay retires it."""
    file = Path(stage.folder / "stopped")
    file.unlink(missing_ok=True)
    key = f"{hooks.STOPPING_KEY}-{time.monotonic_ns()}"
    threading.Thread(target=stage.ask, args=(key, 7), daemon=True).start()
    for _ in range(100):
        if file.exists() and file.read_text():
            break
        time.sleep(0.1)
    for _ in range(60):
        # Connections that the stopped worker has accepted stay silent.
        if stage.ask(key, 7, patience=1) is not None:
            break
    _run_until_retired(stage, key)
    os.kill(int(file.read_text()), signal.SIGCONT)
    stage.run(1)


def _run_until_retired(stage: Stage, key: str) -> None:
    """Raises RuntimeError: no relay has done it, so that nothing would be shown."""
    with MongoClient[dict[str, Any]](stage.db.uri) as client:
        wallets = client[DATABASE]["wallets"]
        for _ in range(40):
            stage.run(0.5)
            if not wallets.count_documents({"outbox.idempotencyKey": {"$regex": f"{key}$"}}):
                return
    raise RuntimeError(f"{key} is still in its outbox")


def _replicas(stage: Stage) -> ReplicaSet:
    assert isinstance(stage.db, ReplicaSet)
    return stage.db


def kill_primary(stage: Stage) -> None:
    """The others have just missed something: what the primary alone has was safe for nobody."""
    replicas, primary = _replicas(stage), _replicas(stage).primary()
    secondaries = replicas.secondaries()
    # Killed, not stopped: a stopped one's socket takes in what it seems to miss.
    for member in secondaries:
        member.kill()
    stage.run(0.5)
    primary.kill()
    for member in secondaries:
        member.start()
    stage.run(5)
    replicas.heal()


def pause_primary(stage: Stage) -> None:
    primary = _replicas(stage).primary()
    primary.signal(signal.SIGSTOP)
    stage.run(6)
    primary.signal(signal.SIGCONT)
    stage.run(2)


def partition_primary(stage: Stage) -> None:
    primary = _replicas(stage).primary()
    others = [member for member in stage.db.members if member is not primary]
    with cut_off(primary, others):
        stage.run(12)
    stage.run(2)


def step_down(stage: Stage) -> None:
    with suppress(Exception), _replicas(stage).primary().client() as client:
        client.admin.command("replSetStepDown", 5, secondaryCatchUpPeriodSecs=2, force=True)
    stage.run(4)


def no_majority(stage: Stage) -> None:
    """And then the one that was left is lost, with all that it alone has."""
    replicas, primary = _replicas(stage), _replicas(stage).primary()
    secondaries = replicas.secondaries()
    for member in secondaries:
        member.kill()
    stage.run(8)
    primary.kill()
    for member in secondaries:
        member.start()
    replicas.primary()
    replicas.heal()


def fill_disk(stage: Stage) -> None:
    assert isinstance(stage.db, Standalone)
    ballast = stage.db.folder / "ballast"
    with suppress(OSError), ballast.open("wb") as file:
        while True:
            file.write(bytes(1 << 16))
    stage.run(6)
    ballast.unlink()
    stage.db.restart()
    stage.run(2)
