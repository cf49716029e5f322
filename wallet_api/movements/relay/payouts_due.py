"""Where another room asks to be told that a withdrawal whose payout is due has been copied."""

from collections.abc import Callable, Iterable
from typing import Any

from bson import ObjectId

Listener = Callable[[ObjectId], None]

_listener: Listener | None = None


def tell(listener: Listener | None) -> None:
    """From now on, call `listener` with each of their ids; None: nobody is told.

    It must neither wait nor raise: a request may be in the middle of a copy. A withdrawal that two
    processes copy is told by both.
    """
    global _listener
    _listener = listener


def copied(withdrawals: Iterable[dict[str, Any]]) -> None:
    """These records are durable now."""
    if _listener is not None:
        for record in withdrawals:
            if "dueAt" in record:
                _listener(record["_id"])
