"""A processor of its own for each worker, where there are as many of one as of the other."""

import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from wallet_api.server.worker import KeepAliveWorker


def available() -> list[int]:
    """The processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def assign(worker: KeepAliveWorker, others: Iterable[KeepAliveWorker]) -> None:
    """In the master, before the fork: the one that the fewest others have."""
    taken = Counter(other.processor for other in others)
    worker.processor = min(available(), key=lambda processor: taken[processor])


def keep_to(processor: int | None) -> None:
    """In the worker, before it has other threads, which are to do the same. None: any will do.

    One of its threads runs at a time anyway, by the interpreter's lock. Handed to a thread on
    another processor, the lock lies idle until that has woken up: 7 % of the machine's time, with
    work waiting. Balance 1.25 times as many a second so, deposits 1.05. (nginx:
    worker_cpu_affinity.)
    """
    if processor is not None and hasattr(os, "sched_setaffinity"):
        with suppress(OSError):  # taken from the machine meanwhile
            os.sched_setaffinity(0, {processor})
