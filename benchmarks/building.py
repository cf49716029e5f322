"""Many wallets with a past are made by all processors at once."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

from bson import ObjectId
from pymongo import MongoClient

from benchmarks import past
from benchmarks.past import Past

SHARE = 20_000
"""Movements that a process makes at a time, or one wallet: neighbours in the indexes."""
TOLD_EVERY_SECONDS = 15.0


def build(uri: str, database: str, users: Sequence[ObjectId], of_past: Past) -> None:
    """Insert the users and their wallets. Progress goes to the standard error stream."""
    began = told = time.monotonic()
    made = 0
    # Not forked: the children of a process with threads may inherit a lock that nobody releases.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        shares = [
            pool.submit(_insert, uri, database, share, of_past) for share in _shares(users, of_past)
        ]
        try:
            for share in as_completed(shares):
                made += share.result()
                if time.monotonic() - told > TOLD_EVERY_SECONDS:
                    told = time.monotonic()
                    tell(f"... {made:,} of {len(users):,} wallets, {told - began:.0f} s")
        finally:
            # Whoever breaks it off does not wait for all the others.
            pool.shutdown(cancel_futures=True)
    tell(f"{made:,} wallets of {of_past}, made in {time.monotonic() - began:.0f} s")


def _shares(users: Sequence[ObjectId], of_past: Past) -> Iterator[Sequence[ObjectId]]:
    size = max(1, SHARE // of_past.movements)
    for first in range(0, len(users), size):
        yield users[first : first + size]


def _insert(uri: str, database: str, users: Sequence[ObjectId], of_past: Past) -> int:
    client: MongoClient[dict[str, Any]] = MongoClient(uri, tz_aware=True)
    with client:
        past.insert(client[database], users, of_past)
    return len(users)


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
