"""A reference that the gateway refuses for ever is followed by one of its own, and by no alarm."""

import time
from collections.abc import Callable

import pytest
from bson import ObjectId

from tests.payouts.paying import Paying
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.payouts import queue, record
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.gateway import Answer, Payout, Verdict
from wallet_api.payouts.ledger_proof import LedgerProof
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.pay import Turn

pytestmark = pytest.mark.slow

Answers = Callable[[Payout], Answer]


def test_the_next_attempt_has_a_reference_of_its_own(
    paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.sweep()
    withdrawal = paying.id_of(created)

    turn(withdrawal, monkeypatch, too_little_money_of_ours)
    paying.wakes(created)
    turn(withdrawal, monkeypatch, settled)

    found = record.read(withdrawal)
    assert found is not None
    first, second = found.attempts
    assert (first.reference, second.reference) == (f"wd{withdrawal}", f"wd{withdrawal}a2")
    assert (first.spent, first.may_be_taken) == (True, False)
    assert (found.status, found.needs_review) == ("success", None)
    assert ada.balance() == 7000


def test_an_answer_about_a_reference_that_was_never_sent_decides_nothing(
    paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.sweep()
    withdrawal = paying.id_of(created)

    turn(withdrawal, monkeypatch, settled_under("a7"))

    found = record.read(withdrawal)
    assert found is not None
    assert found.status == "processing"
    assert found.needs_review is not None


def turn(withdrawal: ObjectId, patch: pytest.MonkeyPatch, answers: Answers) -> None:
    """One turn of a worker, whose gateway answers a submission so."""
    chosen = settings().payouts
    (claimed,) = queue.claim(["http"], clock.now(), chosen.lease)
    assert claimed.id == withdrawal
    with patch.context() as gateway:
        gateway.setattr(HttpGateway, "submit", lambda self, payout: answers(payout))
        Turn(
            claimed,
            registry.gateway("http"),
            chosen,
            time.monotonic(),
            Paces(),
            LedgerProof([claimed]),
        ).run()


def too_little_money_of_ours(payout: Payout) -> Answer:
    return Answer(verdict=Verdict.NOT_TAKEN, reference=payout.reference, reference_is_spent=True)


def settled(payout: Payout) -> Answer:
    return Answer(verdict=Verdict.SETTLED, reference=payout.reference)


def settled_under(suffix: str) -> Answers:
    return lambda payout: Answer(verdict=Verdict.SETTLED, reference=payout.reference + suffix)
