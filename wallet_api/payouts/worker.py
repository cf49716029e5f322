"""The threads that pay withdrawals out: each takes up the payout that is due for longest."""

import logging
import time
from collections import deque
from threading import Event, Lock, Thread

from bson import ObjectId

from wallet_api import clock, database_watch
from wallet_api.config import settings
from wallet_api.database_trouble import trouble_in
from wallet_api.payout_settings import PayoutSettings
from wallet_api.payouts import queue
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.choice import all_gateways, gateway_of
from wallet_api.payouts.ledger_proof import LedgerProof
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.pay import Turn
from wallet_api.payouts.refunds import RefundTurn
from wallet_api.payouts.settlements import Settle, WrittenTogether, write_alone

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.1
"""How long a worker that has found nothing waits before it looks again."""

IDLE_SECONDS_FOR_TRANSFERS = 1.0
"""The same where there are transfers alone: the requests that ask for them do nearly all."""

PAUSE_AFTER_FAILURE_SECONDS = 1.0

WRITE_SECONDS = 1.0
"""For what has settled, where a worker's threads have taken all the time to stop."""

QUICK_SECONDS = 0.2
CLAIMED_PER_THREAD = 4
"""At once, while the gateway answers within QUICK_SECONDS; else one for the whole process: what is
claimed must be begun with before its lease is over."""

AnyTurn = Turn | RefundTurn


class Worker:
    """Any number of them, on any number of machines."""

    def __init__(self, threads: int, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._stop = Event()
        self._looking = Lock()
        self._claimed: deque[AnyTurn] = deque()
        self._most = 1
        self._paces = Paces()
        self._settlements = WrittenTogether(on_failure=_note)
        self._threads = [
            Thread(target=self._run, name=f"payouts-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        self._settlements.start()
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> None:
        """Let the threads finish the payouts that are taken up, for so long at most. What is not
        finished stays due."""
        self._stop.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._settlements.stop(max(WRITE_SECONDS, deadline - time.monotonic()))

    def _run(self) -> None:
        while self._claimed or not self._stop.is_set():
            try:
                turn = self._next()
                if turn is not None:
                    self._take(turn)
            except Exception as error:
                _note(error)
                self._stop.wait(PAUSE_AFTER_FAILURE_SECONDS)

    def _next(self) -> AnyTurn | None:
        """None: nothing is due. One thread looks for all, also while they idle."""
        with self._looking:
            if not self._claimed and not self._stop.is_set() and database_watch.is_ready():
                self._claimed.extend(take_up(self._paces, self._most, self._settlements.settle))
            if not self._claimed:
                self._stop.wait(self._idle_seconds)
            return self._claimed.popleft() if self._claimed else None

    def _take(self, turn: AnyTurn) -> None:
        begun = time.monotonic()
        turn.run()
        is_quick = time.monotonic() - begun < QUICK_SECONDS
        self._most = CLAIMED_PER_THREAD * len(self._threads) if is_quick else 1

    def take_up(self, withdrawal: ObjectId) -> None:
        """In the caller's thread, take this payout further if it is due. Raises nothing."""
        try:
            if database_watch.is_ready():
                turn = take_up_one(withdrawal, self._paces)
                if turn is not None:
                    turn.run()
        except Exception as error:
            _note(error)


def _note(error: Exception) -> None:
    """Whatever it is: what is not written is due again once the lease is over."""
    if database_watch.notice(error) is None:
        log.error("A payout could not be taken further; it stays due", exc_info=error)


def take_up(paces: Paces, most: int = 1, settle: Settle = write_alone) -> list[AnyTurn]:
    """The next turns; none: nothing is due. Round trips: those of queue.claim."""
    chosen, claimed = settings().payouts, time.monotonic()
    found = queue.claim(all_gateways(), clock.now(), chosen.lease, most)
    proof = LedgerProof(found)
    return [
        RefundTurn(record)
        if record.owes_refund
        else Turn(record, gateway_of(record), chosen, claimed, paces, proof, settle)
        for record in found
    ]


def take_up_one(withdrawal: ObjectId, paces: Paces) -> AnyTurn | None:
    """None: it is not due. Round trips: those of queue.claim_one."""
    chosen, claimed = settings().payouts, time.monotonic()
    record = queue.claim_one(withdrawal, all_gateways(), clock.now(), chosen.lease)
    if record is None:
        return None
    if record.owes_refund:
        return RefundTurn(record)
    return Turn(record, gateway_of(record), chosen, claimed, paces, LedgerProof([record]))


def run_once() -> int:
    """Take up what is due now, until nothing is; returns how many turns that were.

    Raises PyMongoError.
    """
    paces, turns = Paces(), 0
    while taken := take_up(paces):
        for turn in taken:
            try:
                turn.run()
            except Exception as error:
                if trouble_in(error) is not None:
                    raise
                log.exception("A payout could not be taken further; it stays due")
            turns += 1
    return turns


def worker_for(chosen: PayoutSettings, threads: int | None = None) -> Worker:
    """Where there are transfers alone: one thread, which looks once a second."""
    if chosen.is_on:
        return Worker(threads or chosen.worker_threads)
    return Worker(threads or 1, IDLE_SECONDS_FOR_TRANSFERS)


_inside: Worker | None = None


def start() -> None:
    """Start a worker within this process: for transfers, and where payouts are on for those."""
    global _inside
    chosen = settings().payouts
    if chosen.worker == "inside":
        _inside = worker_for(chosen)
        _inside.start()


def stop() -> None:
    global _inside
    if _inside is not None:
        _inside.stop(settings().payouts.timeout.total_seconds())
        _inside = None
    registry.close_all()
