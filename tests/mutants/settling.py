"""Payouts that settle at the same time, and one of them for another."""

from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts import change, queue, settlements
from wallet_api.payouts.record import PayoutRecord


def all_that_is_gathered_settles(patch: Patch) -> None:
    """What has changed while it was gathered is taken for settled."""
    patch(settlements, "written_of", lambda gathered: {each.record.id for each in gathered})


def a_settlement_is_added_to_another(patch: Patch) -> None:
    """Two workers settle the same payout."""
    statement = change.Change.statement

    def mutant(self: change.Change, record: PayoutRecord, now: Any) -> Any:
        condition, update = statement(self, record, now)
        del condition["status"]
        return condition, update

    patch(change.Change, "statement", mutant)


def what_is_gathered_ends_with_the_worker(patch: Patch) -> None:
    """A worker that stops leaves what it has gathered."""
    patch(settlements.WrittenTogether, "stop", lambda self, seconds: None)


def what_is_settled_stays_so(patch: Patch) -> None:
    """A batch has settled those whose status is `success` now."""

    def mutant(gathered: Any) -> set[ObjectId]:
        ids = [each.record.id for each in gathered]
        return set(Withdrawal.objects(id__in=ids, status="success").distinct("id"))

    patch(settlements, "written_of", mutant)


def the_first_failure_ends_a_batch(patch: Patch) -> None:
    """What one of a batch fails by is the failure of those after it."""

    def mutant(gathered: Any, on_failure: Any) -> None:
        try:
            for each in gathered:
                each.write_alone()
        except Exception as error:
            on_failure(error)

    patch(settlements, "write_together", mutant)


def what_came_back_was_never_paid(patch: Patch) -> None:
    """Who hears late that it was paid calls it a loss, also where it came back since."""
    patch(PayoutRecord, "came_back", False)


def what_came_back_is_not_asked_about(patch: Patch) -> None:
    """What came back is over, whatever is heard of it late."""
    apply = change.Change.apply

    def mutant(self: change.Change, record: PayoutRecord, now: Any) -> bool:
        return apply(self, record, now) if not record.came_back else True

    patch(change.Change, "apply", mutant)
    patch(queue, "wake", lambda *_, **__: True)


def settlements_wait_for_ever(patch: Patch) -> None:
    """What settles after the end of the thread that writes waits for it."""

    patch(settlements.WrittenTogether, "settle", lambda self, settlement: None)
