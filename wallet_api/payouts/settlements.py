"""Payouts that have settled at nearly the same time are written together: nearly all end so."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from wallet_api import database
from wallet_api.documents.kinds import WithdrawalStatus
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts.change import Change
from wallet_api.payouts.record import PayoutRecord

GATHER_SECONDS = 0.02
"""From one write to the next; what comes after a longer pause is written at once. (One by one, at
500 a second, a payout took a quarter more of MongoDB's CPU, and a third more of the workers'.)"""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The status of a withdrawal is to become `success`."""

    record: PayoutRecord
    change: Change
    at: datetime
    write_alone: Callable[[], None]
    """As if nothing had been gathered, with all that follows where the withdrawal is not as it was
    read any more."""


Settle = Callable[[Settlement], None]
"""Raises PyMongoError: unknown whether it is written. Where it is not, it stays due."""

OnFailure = Callable[[Exception], None]


def write_alone(settlement: Settlement) -> None:
    settlement.write_alone()


class WrittenTogether:
    """By a thread of its own: a turn at a slow gateway keeps nobody's end waiting.

    What is lost with the process, or not written for the database's trouble, stays due: once the
    lease is over, a worker goes on.
    """

    def __init__(self, on_failure: OnFailure) -> None:
        self._on_failure = on_failure
        self._waiting: deque[Settlement] = deque()
        self._there = Event()
        self._stops = Event()
        self._thread = Thread(target=self._run, name="settlements", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def settle(self, settlement: Settlement) -> None:
        """Soon; at once, and alone, where the thread does not run (any more): that raises
        PyMongoError."""
        if not self._thread.is_alive():
            settlement.write_alone()
            return
        self._waiting.append(settlement)
        self._there.set()

    def stop(self, seconds: float) -> None:
        """Write what is there, for so long at most."""
        self._stops.set()
        self._there.set()
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._write()  # what has come while it ended

    def _run(self) -> None:
        while not self._stops.is_set():
            self._there.wait()
            self._there.clear()
            self._write()
            self._stops.wait(GATHER_SECONDS)
        self._write()

    def _write(self) -> None:
        found = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not found:
            return
        try:
            write_together(found, self._on_failure)
        except Exception as error:
            self._on_failure(error)


def write_together(settlements: Sequence[Settlement], on_failure: OnFailure) -> None:
    """One round trip; where one of the withdrawals is not as it was read any more, one more, and
    for each such those of a turn, whose failure is that of no other.

    Raises PyMongoError: unknown which are written.
    """
    if len(settlements) == 1:
        settlements[0].write_alone()
        return
    updates = [UpdateOne(*each.change.statement(each.record, each.at)) for each in settlements]
    try:
        written = Withdrawal._get_collection().bulk_write(updates, ordered=False).matched_count
    except BulkWriteError as error:
        database.check_durable(error)
        written = error.details["nMatched"]
    ours = None if written == len(settlements) else written_of(settlements)
    for each in settlements:
        if ours is None or each.record.id in ours:
            each.change.tell(each.record)
            continue
        try:
            each.write_alone()
        except Exception as error:
            on_failure(error)


def written_of(settlements: Sequence[Settlement]) -> set[ObjectId]:
    """Those whose history has this very step, whatever has become of them since."""
    steps = [
        {
            "_id": each.record.id,
            "history": {"$elemMatch": {"status": WithdrawalStatus.SUCCESS, "at": each.at}},
        }
        for each in settlements
    ]
    found = Withdrawal._get_collection().find({"$or": steps}, {"_id": 1})
    return {each["_id"] for each in found}
