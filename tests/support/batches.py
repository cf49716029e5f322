"""Attempts that commit in one batch, as their callers see what came of them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

from bson import ObjectId

from wallet_api.errors import Refusal
from wallet_api.movements import Order, Receipt, attempts, post, used_keys
from wallet_api.movements import commit as alone
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.commit import Committed
from wallet_api.movements.group_commit import group

SOON = 10.0


@dataclass(frozen=True)
class Done:
    id: ObjectId
    amount_cents: int
    """Minor units, unsigned: as asked for."""
    balance_cents: int
    """Minor units: right after this movement."""
    refused: bool


Outcome = Done | Exception | None


def attempt_of(order: Order) -> Attempt:
    """With the guard of a key that this process has not seen."""
    if order.key is None:
        return attempts.attempt(order, used_keys.NO_GUARD)
    guard = used_keys.guard(order.user, order.scoped_key)
    assert guard is not None
    return attempts.attempt(order, guard)


def together(batch: Sequence[Attempt]) -> list[Outcome]:
    return [
        _outcome(attempt, outcome)
        for attempt, outcome in zip(batch, group.commit_batch(batch), strict=True)
    ]


def one_by_one(batch: Sequence[Attempt]) -> list[Outcome]:
    return [_outcome(attempt, alone.commit(attempt)) for attempt in batch]


def _outcome(attempt: Attempt, outcome: Committed | Exception | None) -> Outcome:
    if not isinstance(outcome, Committed):
        return outcome
    return Done(
        id=attempt.movement["id"],
        amount_cents=abs(attempt.order.amount_cents),
        balance_cents=outcome.balance_cents,
        refused=not attempt.moves_money,
    )


class _OneBatch:
    """A commit that waits until each of so many threads has come with an attempt."""

    def __init__(self, size: int) -> None:
        self._attempts: list[Attempt] = []
        self._outcomes: dict[Attempt, Committed | Exception | None] = {}
        self._all_here = Barrier(size, action=self._run, timeout=SOON)

    def __call__(self, attempt: Attempt) -> Committed | None:
        if self._outcomes:
            return alone.commit(attempt)  # one that is tried again
        self._attempts.append(attempt)
        self._all_here.wait()
        outcome = self._outcomes[attempt]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _run(self) -> None:
        outcomes = group.commit_batch(self._attempts)
        self._outcomes.update(zip(self._attempts, outcomes, strict=True))


def post_together(orders: Sequence[Order]) -> list[Receipt | Refusal]:
    """Each order is posted by its own thread, and all commit in one batch."""
    commit = _OneBatch(len(orders))

    def posted(order: Order) -> Receipt | Refusal:
        try:
            return post(order, commit)
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(orders)) as pool:
        return list(pool.map(posted, orders))
