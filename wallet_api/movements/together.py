"""What several threads ask of one wallet at the same time is done at once, by one of them."""

from collections.abc import Callable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

from bson import ObjectId

AT_ONCE = 16
"""So many go together at most: all of them must find room in the outbox."""

PATIENCE_SECONDS = 0.1
"""Then a caller whose turn has not come goes on alone: a database that hangs must not line the
callers up."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Caller(Generic[Item, Result]):
    """One who waits for somebody else: to do the item as well, or to hand the lead over."""

    result: Result
    error: BaseException | None = None
    led: "list[_Caller[Item, Result]] | None" = None
    """Where the lead has been handed over: those to do, itself the first."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.called = Event()


class Together(Generic[Item, Result]):
    """While one caller is at a wallet, others gather; then one of them does what they all ask.

    Group commit, as databases have it for their logs (DeWitt et al., 1984,
    doi:10.1145/602259.602261). MongoDB lets one update of a document through and has the others try
    again, later and later.

    `act` does items of one wallet and returns a result for each, or raises for all. That only one
    thread is at a wallet is a matter of speed, and nothing may rely on it.
    """

    def __init__(self, act: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._act = act
        self._lock = Lock()
        self._gathering: dict[ObjectId, list[_Caller[Item, Result]]] = {}
        """Of each wallet that somebody is at."""

    def do(self, user: ObjectId, item: Item) -> Result:
        """Raises what `act` does."""
        with self._lock:
            others = self._gathering.get(user)
            if others is None:
                self._gathering[user] = []
            else:
                caller = _Caller[Item, Result](item)
                others.append(caller)
        if others is not None:
            return self._do_with_others(user, caller)
        try:
            return self._act([item])[0]
        finally:
            self._hand_over(user)

    def _do_with_others(self, user: ObjectId, caller: _Caller[Item, Result]) -> Result:
        if not caller.called.wait(PATIENCE_SECONDS) and self._leaves(user, caller):
            return self._act([caller.item])[0]
        caller.called.wait()
        if caller.led:
            self._lead(user, caller.led)
        if caller.error:
            raise caller.error
        return caller.result

    def _leaves(self, user: ObjectId, caller: _Caller[Item, Result]) -> bool:
        """Whether it was not too late to leave those who wait."""
        with self._lock:
            others = self._gathering.get(user, [])
            if caller not in others:
                return False
            others.remove(caller)
            return True

    def _lead(self, user: ObjectId, callers: list[_Caller[Item, Result]]) -> None:
        try:
            results = self._act([caller.item for caller in callers])
            for caller, result in zip(callers, results, strict=True):
                caller.result = result
        except BaseException as error:
            for caller in callers:
                caller.error = error
        finally:
            self._hand_over(user)
            for caller in callers:
                caller.called.set()

    def _hand_over(self, user: ObjectId) -> None:
        with self._lock:
            gathered = self._gathering[user]
            if not gathered:
                del self._gathering[user]
                return
            self._gathering[user] = gathered[AT_ONCE:]
        gathered[0].led = gathered[:AT_ONCE]
        gathered[0].called.set()
