"""What several threads ask at the same time is done at once, by one of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock
from typing import Generic, TypeVar

from bson import ObjectId
from pymongo.errors import PyMongoError

AT_ONCE = 16
"""So many go together at most: those of one wallet must all find room in its outbox."""

FEW = 4
"""While fewer are on their way nobody waits for others; and so many do not wait any longer."""

PATIENCE_SECONDS = 0.1
"""Then a caller whose turn has not come goes on alone: a database that hangs must not line the
callers up."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Caller(Generic[Item, Result]):
    """Does the item, has it done by another, or does others' as well."""

    outcome: Result | BaseException
    leads: "Sequence[_Caller[Item, Result]]" = ()
    """Those whose items it is to do, its own among them."""
    called: Lock
    """Of one that does not lead at once: let go when it does, or when its outcome is there. (An
    Event takes 19 microseconds for each who waits, a lock 12.)"""

    def __init__(self, user: ObjectId, item: Item) -> None:
        self.user, self.item = user, item


class Together(Generic[Item, Result]):
    """While some are on their way, others gather; then one of them does what they all ask.

    Group commit, as databases have it for their logs (DeWitt et al., 1984,
    doi:10.1145/602259.602261). Who asks for a wallet that somebody is at waits until that one is
    back: MongoDB lets one update of a document through and has the others try again, later and
    later.

    `act` does the items and returns what came of each, a result or the exception that its caller is
    to get; or it raises for all. That only one thread is at a wallet is a matter of speed, and
    nothing may rely on it.
    """

    def __init__(self, act: Callable[[Sequence[Item]], Sequence[Result | Exception]]) -> None:
        self._act = act
        self._lock = Lock()
        self._gathered: list[_Caller[Item, Result]] = []
        self._on_their_way = 0
        self._visited: set[ObjectId] = set()
        """The wallets that somebody is at."""

    def do(self, user: ObjectId, item: Item) -> Result:
        """Raises what `act` does, or returns for this item."""
        caller = _Caller[Item, Result](user, item)
        with self._lock:
            self._gathered.append(caller)
            self._send_off(caller)
            if not caller.leads:
                caller.called = Lock()
                caller.called.acquire()
        if not caller.leads and not caller.called.acquire(timeout=PATIENCE_SECONDS):
            if self._leaves(caller):
                return _told(self._act([item])[0])
            caller.called.acquire()
        if caller.leads:
            self._lead(caller)
        return _told(caller.outcome)

    def _leaves(self, caller: _Caller[Item, Result]) -> bool:
        """Whether it was not too late to leave those who wait."""
        with self._lock:
            if caller not in self._gathered:
                return False
            self._gathered.remove(caller)
            return True

    def _send_off(self, awake: _Caller[Item, Result] | None = None) -> None:
        """Have those go who may; led by one that need not be woken, where there is one."""
        while going := self._who_may_go():
            self._gathered = [caller for caller in self._gathered if caller not in going]
            self._on_their_way += len(going)
            self._visited.update(caller.user for caller in going)
            leader = awake if awake in going else going[0]
            leader.leads = going
            if leader is not awake:
                leader.called.release()

    def _who_may_go(self) -> list[_Caller[Item, Result]]:
        free = [caller for caller in self._gathered if caller.user not in self._visited]
        enough = len(free) >= FEW or self._on_their_way < FEW
        return free[:AT_ONCE] if enough else []

    def _lead(self, leader: _Caller[Item, Result]) -> None:
        callers = leader.leads
        try:
            outcomes = self._act([caller.item for caller in callers])
            for caller, outcome in zip(callers, outcomes, strict=True):
                caller.outcome = outcome
        except BaseException as error:
            for caller in callers:
                caller.outcome = error
        finally:
            try:
                self._return(callers)
            finally:
                for caller in callers:
                    if caller is not leader:
                        caller.called.release()

    def _return(self, callers: Sequence[_Caller[Item, Result]]) -> None:
        with self._lock:
            self._on_their_way -= len(callers)
            self._visited.difference_update(caller.user for caller in callers)
            self._send_off()


def _told(outcome: Result | BaseException) -> Result:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def outcomes_of(
    items: Iterable[Item], act: Callable[[Item], Result]
) -> Iterator[Result | Exception]:
    """What comes of each item, one after the other, where the error of one must not cost the others
    theirs.

    A database that did not answer in time is everybody's who is left: they are not tried, since
    those at the end would wait once for each before them.
    """
    in_vain: PyMongoError | None = None
    for item in items:
        outcome: Result | Exception
        try:
            outcome = in_vain or act(item)
        except Exception as error:
            outcome = error
            if isinstance(error, PyMongoError) and error.timeout:
                in_vain = error
        yield outcome
