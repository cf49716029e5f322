"""Records that somebody has damaged hold no other payout up, however many and old they are."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import PyMongoError

from tests.mutants import Mutant, payouts
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api import clock
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts import worker
from wallet_api.payouts.queue import SPREAD

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

Mutate = Callable[[Mutant], None]

DAMAGES: list[dict[str, Any]] = [
    {name: value}
    for name in ("tries", "history", "attempts", "told", "refund", "createdAt", "amountCents")
    for value in ("a text", {}, None)
]


def _lets_workers_pay(paying: Paying, damage: dict[str, Any], status: str) -> Sent:
    """One payout behind so many damaged ones that a worker, which begins with the oldest, sees
    none but those."""
    *damaged, whole = [Sent(paying, runs=False) for _ in range(SPREAD + 1)]
    change = {"dueAt": clock.now() - timedelta(hours=1), "status": status, **damage}
    ids = [ObjectId(each.id) for each in damaged]
    Withdrawal._get_collection().update_many({"_id": {"$in": ids}}, {"$set": change})
    with suppress(PyMongoError):
        worker.run_once()
    return whole


@pytest.mark.parametrize("status", ["pending", "processing", "failed"])
@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_the_others_are_paid(paying: Paying, damage: dict[str, Any], status: str) -> None:
    whole = _lets_workers_pay(paying, damage, status)

    assert whole.record["status"] == "success"


@pytest.mark.parametrize("damage", [{"tries": "a text"}, {"history": "a text"}], ids=str)
def test_a_claim_that_counts_on_whole_records_pays_nobody(
    paying: Paying, damage: dict[str, Any], mutate: Mutate
) -> None:
    mutate(payouts.records_are_whole)

    whole = _lets_workers_pay(paying, damage, "pending")

    assert whole.record["status"] == "pending"
