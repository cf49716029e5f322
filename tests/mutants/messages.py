"""Workers that take a message for more than a hint, and senders that let others wait for it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from queue import Queue
from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts import queue, record, waking
from wallet_api.payouts.record import Attempt, PayoutRecord
from wallet_api.payouts.references import reference_of


def a_message_is_an_order(patch: Patch) -> None:
    """What it names is sent to the gateway, due or not, whoever is at it: nothing is claimed."""

    def mutant(
        withdrawal: ObjectId, gateways: Collection[str], now: datetime, lease: timedelta
    ) -> PayoutRecord | None:
        found = record.read(withdrawal)
        if found is None:
            return None
        fence = found.fence or ObjectId()
        reference = reference_of(withdrawal)
        begun = Attempt(reference, now, now, fence, may_be_taken=True, spent=False)
        claimed = {"status": "processing", "fence": fence, "due_at": now + lease}
        return replace(found, attempts=(begun,), **claimed)

    patch(queue, "claim_one", mutant)


def a_message_wakes_whatever_is_due(patch: Patch) -> None:
    """Which withdrawal it names is not read."""
    claim_one = queue.claim_one

    def mutant(
        withdrawal: ObjectId, gateways: Collection[str], now: datetime, lease: timedelta
    ) -> PayoutRecord | None:
        due = {"dueAt": {"$lte": now}}
        oldest = Withdrawal._get_collection().find_one(due, sort=[("dueAt", 1)])
        return None if oldest is None else claim_one(oldest["_id"], gateways, now, lease)

    patch(queue, "claim_one", mutant)


def whoever_sends_waits_for_the_broker(patch: Patch) -> None:
    def mutant(self: Queue[Any], item: Any) -> None:
        self.put(item)
        while not self.empty():
            pass

    patch(Queue, "put_nowait", mutant)


def what_waits_has_no_bound(patch: Patch) -> None:
    patch(waking, "MOST_WAITING", 0)


def each_lost_message_is_told(patch: Patch) -> None:
    note = waking.Sender.note_trouble

    def mutant(self: waking.Sender, error: Exception) -> None:
        self.in_trouble = False
        note(self, error)

    patch(waking.Sender, "note_trouble", mutant)
