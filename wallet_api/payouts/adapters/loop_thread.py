"""One event loop for a process, on a thread of its own, which threads without one hand work to."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class LoopThread:
    """Starts with the first work, so that a process which forks before has nothing to lose."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def hand_over(self, work: Coroutine[Any, Any, _Result]) -> Future[_Result]:
        """Have `work` done on the loop; its future is waited for here."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="payout-gateways", daemon=True
                ).start()
            return self._loop


_of_this_process = LoopThread()
_of_parents: list[LoopThread] = []
"""Kept, and never touched: a child that closed what hangs on its parent's loop would close it for
the parent too, for they share the selector."""


def of_this_process() -> LoopThread:
    return _of_this_process


def _begin_anew() -> None:
    global _of_this_process
    _of_parents.append(_of_this_process)
    _of_this_process = LoopThread()


os.register_at_fork(after_in_child=_begin_anew)
