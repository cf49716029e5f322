"""Few movements of one wallet at the database at once, and none that waits for ever."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Barrier, Lock

from bson import ObjectId
from pymongo.errors import PyMongoError

from wallet_api.movements import gate

THREADS = 16


def test_no_more_than_so_many_at_once() -> None:
    user, start, lock = ObjectId(), Barrier(THREADS), Lock()
    inside, most = 0, 0

    def move() -> None:
        nonlocal inside, most
        start.wait()
        with gate.admitted(user):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.01)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(THREADS) as threads:
        for moved in [threads.submit(move) for _ in range(THREADS)]:
            moved.result()
    assert most == gate.AT_ONCE


def test_a_database_that_hangs_lines_nobody_up() -> None:
    user = ObjectId()
    with ExitStack() as hanging:
        for _ in range(gate.AT_ONCE):
            hanging.enter_context(gate.admitted(user))
        for _ in range(THREADS):
            with gate.admitted(user):
                pass


def test_its_places_come_back() -> None:
    user = ObjectId()
    for _ in range(gate.AT_ONCE * 3):
        with suppress(PyMongoError), gate.admitted(user):
            raise PyMongoError
    asked = time.monotonic()
    with gate.admitted(user):
        assert time.monotonic() - asked < gate.PATIENCE_SECONDS
