"""Decisions of operators that are written whatever others have decided meanwhile."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api.movements import Order, post
from wallet_api.payouts import refunds
from wallet_api.payouts.change import Change
from wallet_api.payouts.pay import Turn
from wallet_api.payouts.record import PayoutRecord, read


def each_decision_has_its_refund(patch: Patch) -> None:
    """The refund is keyed by the event and not by the withdrawal."""

    def mutant(order: Order) -> Any:
        return post(replace(order, key=f"{order.key}-{ObjectId()}"))

    patch(refunds, "post", mutant)


def what_was_read_is_overwritten(patch: Patch) -> None:
    """The change is written whatever the status is by now."""
    apply = Change.apply

    def mutant(self: Change, record: PayoutRecord, now: datetime) -> bool:
        present = read(record.id)
        assert present is not None
        return apply(self, replace(record, status=present.status, fence=present.fence), now)

    patch(Change, "apply", mutant)


def what_a_worker_has_in_hand_is_settled(patch: Patch) -> None:
    """That it is paid is written, whoever has taken it up since it was read."""
    apply = Change.apply

    def mutant(self: Change, record: PayoutRecord, now: datetime) -> bool:
        self.needs_fence = False
        return apply(self, record, now)

    patch(Change, "apply", mutant)


def what_is_heard_late_is_dropped(patch: Patch) -> None:
    """That a payout was made which somebody has failed meanwhile."""
    patch(Turn, "_heard_late", lambda self, answer: None)
