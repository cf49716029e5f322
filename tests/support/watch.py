"""The thread that watches a database in trouble: a test leaves none of it to the next one."""

import threading
import time

from wallet_api import database_watch


def wait_for_the_end_of_trouble() -> None:
    """A test may have made some up, and the watch must have looked again."""
    until = time.monotonic() + 10
    while database_watch.present_trouble() is not None or is_watched():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_watched() -> bool:
    return any(thread.name == "database-watch" for thread in threading.enumerate())
