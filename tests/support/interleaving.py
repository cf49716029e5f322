"""Hold a database operation, or make it fail, to see what a crash or another request does then."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, PyMongoError

from wallet_api.errors import Refusal

OPERATIONS = (
    "aggregate",
    "bulk_write",
    "delete_many",
    "delete_one",
    "find",
    "find_one",
    "find_one_and_update",
    "insert_many",
    "insert_one",
    "replace_one",
    "update_many",
    "update_one",
)

Around = Callable[[Callable[[], Any]], Any]
_of_thread = threading.local()


@contextmanager
def around_operations(around: Around) -> Iterator[None]:
    """Within it, every database operation of this thread is called through `around`."""
    _of_thread.around = around
    try:
        yield
    finally:
        _of_thread.around = None


def interpose(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, `around_operations` has a say in every operation of a collection."""
    for name in OPERATIONS:
        monkeypatch.setattr(Collection, name, interposable(getattr(Collection, name)))


def interposable(operation: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(operation)
    def called(*args: Any, **options: Any) -> Any:
        around = getattr(_of_thread, "around", None)
        if around is None:
            return operation(*args, **options)
        # An operation that calls another is one operation.
        _of_thread.around = None
        try:
            return around(lambda: operation(*args, **options))
        finally:
            _of_thread.around = around

    return called


class CrashAt:
    """The n-th operation is the last: it fails before its effect, or after it."""

    def __init__(self, n: int, *, after: bool) -> None:
        self.n, self.after, self.seen = n, after, 0

    def __call__(self, operation: Callable[[], Any]) -> Any:
        self.seen += 1
        if self.seen > self.n:
            raise AutoReconnect("the process is dead")
        if self.seen == self.n:
            if self.after:
                operation()
            raise AutoReconnect("crashed")
        return operation()

    @property
    def struck(self) -> bool:
        return self.seen >= self.n


def crashing(n: int, *, after: bool, action: Callable[[], Any]) -> bool:
    """Run the action with a crash at its n-th operation; False once it has fewer than that."""
    crash = CrashAt(n, after=after)
    try:
        with around_operations(crash):
            action()
    except (PyMongoError, Refusal):
        if not crash.struck:
            raise
    return crash.struck


def held_before(n: int, action: Callable[[], Any], meanwhile: Callable[[], Any]) -> bool:
    """Run the action, hold it before its n-th operation, run `meanwhile`, let it go on.

    False once the action has fewer operations than that. What it is refused is its own affair.
    """
    reached, go_on = threading.Event(), threading.Event()
    seen = 0

    def hold(operation: Callable[[], Any]) -> Any:
        nonlocal seen
        seen += 1
        if seen == n:
            reached.set()
            assert go_on.wait(20)
        return operation()

    def run() -> None:
        with around_operations(hold):
            try:
                action()
            except (PyMongoError, Refusal):
                pass
            except BaseException as error:
                broken.append(error)
            finally:
                ended.set()

    ended = threading.Event()
    broken: list[BaseException] = []
    thread = threading.Thread(target=run)
    thread.start()
    while not (reached.wait(0.01) or ended.is_set()):
        pass
    try:
        if held := reached.is_set():
            meanwhile()
    finally:
        go_on.set()
        thread.join(30)
    assert not thread.is_alive()
    assert broken == []
    return held
