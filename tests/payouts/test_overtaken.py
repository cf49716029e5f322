"""What ends a payout is written, although somebody changes it between its reading and that."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from tests.mutants import Mutant
from tests.mutants import payouts as mutants
from tests.payouts.answering import Answering, Patch
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api import clock
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts import operating, pay, queue, record, worker
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.pace import Paces

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]


def a_callback_that_decides(paying: Paying, patch: Patch) -> None:
    """Of a gateway that cannot be asked: nobody tells it again."""
    sent = Sent(paying, runs=False)
    Answering(patch, Verdict.ACCEPTED)
    silent = property(lambda self: replace(self._traits, can_inquire=False))
    patch.setattr(HttpGateway, "traits", silent)
    (turn,) = worker.take_up(Paces())
    _after_the_first_reading(patch, record, turn.run)

    assert paying.tells(sent.person, sent.created, "declined").status_code == 204

    assert (sent.record["status"], sent.balance(), sent.refunds()) == ("failed", 10000, 1)


def a_payment_that_is_heard_late(paying: Paying, patch: Patch) -> None:
    """After an operator has failed it, while another worker takes its refund up."""
    sent = Sent(paying, runs=False)
    (turn,) = worker.take_up(Paces())
    withdrawal, lease = ObjectId(sent.id), timedelta(seconds=60)
    paying.lets_the_lease_pass(sent.created)
    with patch.context() as dying:
        dying.setattr(operating, "pay_back", lambda found: None)
        operating.fail(withdrawal, "no")
    _after_the_first_reading(
        patch, pay, lambda: queue.claim_one(withdrawal, ["http"], clock.now(), lease)
    )

    turn.run()

    assert sent.record["needsReview"] == "paid_after_refund"


def _after_the_first_reading(patch: Patch, room: Any, what: Callable[[], object]) -> None:
    first = [what]

    def read(withdrawal: ObjectId) -> record.PayoutRecord | None:
        document = Withdrawal._get_collection().find_one({"_id": withdrawal})
        assert document is not None
        if first:
            first.pop()()
        return record.record_of(document)

    patch.setattr(room, "read", read)


Promise = Callable[[Paying, Patch], None]

PROMISES: dict[Promise, Mutant] = {
    a_callback_that_decides: mutants.one_try_is_enough,
    a_payment_that_is_heard_late: mutants.one_try_is_enough,
}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_it_is_written(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    promise(paying, monkeypatch)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_with_the_mutant_it_is_lost(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    PROMISES[promise](monkeypatch.setattr)

    with pytest.raises((AssertionError, KeyError)):
        promise(paying, monkeypatch)
