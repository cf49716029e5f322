"""How fast this process may ask a gateway: the others beside it keep their own pace."""

import time
from threading import Lock


class Pace:
    """`per_second` requests, evenly; None: as many as come."""

    def __init__(self, per_second: float | None) -> None:
        self._seconds = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        """Until the caller's turn has come."""
        if not self._seconds:
            return
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._seconds
        time.sleep(max(0.0, turn - time.monotonic()))


class Paces:
    """Of each gateway."""

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}
        self._lock = Lock()

    def of(self, gateway: str, per_second: float | None) -> Pace:
        with self._lock:
            return self._paces.setdefault(gateway, Pace(per_second))
