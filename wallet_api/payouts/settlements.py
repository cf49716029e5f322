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
"""Raises PyMongoError: it is not written, and the payout is asked about again."""


def write_alone(settlement: Settlement) -> None:
    settlement.write_alone()


class WrittenTogether:
    """By a thread of its own: a turn at a slow gateway keeps nobody's end waiting.

    What is lost with the process, or with the database, stays due: once the lease is over, a worker
    asks the gateway.
    """

    def __init__(self, on_failure: Callable[[Exception], None]) -> None:
        self._on_failure = on_failure
        self._waiting: deque[Settlement] = deque()
        self._there = Event()
        self._stops = Event()
        self._thread = Thread(target=self._run, name="settlements", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def settle(self, settlement: Settlement) -> None:
        self._waiting.append(settlement)
        self._there.set()

    def stop(self, seconds: float) -> None:
        """Write what is there, for so long at most."""
        self._stops.set()
        self._there.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stops.is_set():
            self._there.wait()
            self._there.clear()
            self._write()
            self._stops.wait(GATHER_SECONDS)
        self._write()

    def _write(self) -> None:
        found = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            if found:
                write_together(found)
        except Exception as error:
            self._on_failure(error)


def write_together(settlements: Sequence[Settlement]) -> None:
    """One round trip; where one of the withdrawals is not as it was read any more, one more, and
    for each such those of a turn.

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
    paid = None if written == len(settlements) else paid_of(settlements)
    for each in settlements:
        if paid is None or each.record.id in paid:
            each.change.tell(each.record)
        else:
            each.write_alone()


def paid_of(settlements: Sequence[Settlement]) -> set[ObjectId]:
    """Those whose status is `success`, by whomever it was written."""
    ids = [each.record.id for each in settlements]
    paid = {"_id": {"$in": ids}, "status": WithdrawalStatus.SUCCESS}
    return {found["_id"] for found in Withdrawal._get_collection().find(paid, {"_id": 1})}
