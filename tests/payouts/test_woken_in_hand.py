"""A callback ends no lease: what a worker has in hand is asked about once its turn has ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from bson import ObjectId

from tests.mutants import Mutant
from tests.mutants import payouts as mutants
from tests.payouts.answering import Answering, Patch
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from tests.support.commands import recorder
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.errors import IllegalStatusChange
from wallet_api.payouts import operating, pay, worker
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.worker import AnyTurn

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

ACCEPTED, SETTLED, DECLINED = Verdict.ACCEPTED, Verdict.SETTLED, Verdict.DECLINED
NOT_FOUND, UNKNOWN = Verdict.NOT_FOUND, Verdict.UNKNOWN


@pytest.fixture(autouse=True)
def _long_waits(paying: Paying, monkeypatch: Patch) -> None:
    monkeypatch.setenv("PAYOUT_RETRY_SECONDS", "60")
    settings.cache_clear()


def a_lease_outlives_callbacks(paying: Paying, patch: Patch) -> None:
    """Nobody else takes it up, and no operator decides what may be paid at this moment."""
    sent, _ = _in_hand(paying)
    until = sent.record["dueAt"]

    for status in ("accepted", "settled", "returned"):
        _tells(paying, sent, status)

    assert sent.record["dueAt"] == until
    assert worker.take_up(Paces()) == []
    with pytest.raises(IllegalStatusChange, match="A worker is at it"):
        operating.fail(ObjectId(sent.id), "no")


def a_lease_outlives_callbacks_that_are_believed(paying: Paying, patch: Patch) -> None:
    """Of a gateway that cannot be asked."""
    silent = property(lambda self: replace(self._traits, can_inquire=False))
    patch.setattr(HttpGateway, "traits", silent)
    sent, turn = _in_hand(paying)
    until = sent.record["dueAt"]

    _tells(paying, sent, "accepted")

    assert (sent.record["dueAt"], sent.record["fence"]) == (until, turn.record.fence)


def what_was_told_meanwhile_is_asked_about_at_once(paying: Paying, patch: Patch) -> None:
    """However the turn ends: by no end, or by another one than was told."""
    for said, told in (
        *((ACCEPTED, "settled"), (ACCEPTED, "accepted"), (UNKNOWN, "returned")),
        *((DECLINED, "settled"), (SETTLED, "returned")),
    ):
        sent, turn = _in_hand(paying)
        gateway = Answering(patch, said)
        gateway.says(said, meanwhile=lambda: _tells(paying, sent, told))  # noqa: B023

        turn.run()

        assert sent.record["dueAt"] <= clock.now()
        assert "fence" not in sent.record
        paying.due_since(sent.created, timedelta(days=-1))  # out of the next one's way


def what_was_told_while_it_was_not_found_is_asked_about_at_once(
    paying: Paying, patch: Patch
) -> None:
    """Although it would be a decline by now."""
    patch.setattr(pay, "will_never_be_made", lambda *_: True)
    sent, _ = _in_hand(paying)
    paying.lets_the_lease_pass(sent.created)
    (turn,) = worker.take_up(Paces())
    gateway = Answering(patch, NOT_FOUND)
    gateway.says(NOT_FOUND, meanwhile=lambda: _tells(paying, sent, "settled"))

    turn.run()

    assert (sent.record["status"], sent.balance()) == ("processing", 7000)
    assert sent.record["dueAt"] <= clock.now()


def what_was_told_while_it_was_refunded_is_asked_about_at_once(
    paying: Paying, patch: Patch
) -> None:
    sent, turn = _in_hand(paying)
    Answering(patch, DECLINED)
    with patch.context() as dying:
        dying.setattr(pay, "pay_back", lambda record: None)
        turn.run()
    (refund,) = worker.take_up(Paces())
    _tells(paying, sent, "settled")
    assert sent.record["dueAt"] > clock.now()

    refund.run()

    assert (sent.balance(), sent.refunds()) == (10000, 1)
    assert sent.record["dueAt"] <= clock.now()


def what_nobody_has_in_hand_is_asked_about_at_once(paying: Paying, patch: Patch) -> None:
    sent, turn = _in_hand(paying)
    Answering(patch, ACCEPTED)
    turn.run()
    assert sent.record["dueAt"] > clock.now()

    _tells(paying, sent, "settled")

    assert sent.record["dueAt"] <= clock.now()


Promise = Callable[[Paying, Patch], None]

PROMISES: dict[Promise, Mutant] = {
    a_lease_outlives_callbacks: mutants.a_callback_ends_the_lease,
    a_lease_outlives_callbacks_that_are_believed: mutants.a_callback_ends_the_lease,
    what_was_told_meanwhile_is_asked_about_at_once: mutants.a_turn_hears_no_callback,
    what_was_told_while_it_was_not_found_is_asked_about_at_once: mutants.a_turn_hears_no_callback,
    what_was_told_while_it_was_refunded_is_asked_about_at_once: mutants.a_refund_hears_no_callback,
    what_nobody_has_in_hand_is_asked_about_at_once: mutants.a_callback_waits_for_its_time,
}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_it_is_kept(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    promise(paying, monkeypatch)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_the_mutant_breaks_it(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    PROMISES[promise](monkeypatch.setattr)

    with pytest.raises((AssertionError, KeyError)):
        promise(paying, monkeypatch)


def test_neither_a_callback_nor_a_turn_takes_a_further_round_trip(
    paying: Paying, monkeypatch: Patch
) -> None:
    sent, turn = _in_hand(paying)
    Answering(monkeypatch, ACCEPTED)

    with recorder.recording() as commands:
        turn.run()
        _tells(paying, sent, "settled")

    assert [next(iter(each)) for each in commands if "withdrawals" in each.values()] == [
        *("update", "update")
    ]


def test_nor_does_a_callback_that_says_what_the_answer_says(
    paying: Paying, monkeypatch: Patch
) -> None:
    sent, turn = _in_hand(paying)
    gateway = Answering(monkeypatch, ACCEPTED)
    gateway.says(SETTLED, meanwhile=lambda: _tells(paying, sent, "settled"))

    with recorder.recording() as commands:
        turn.run()

    assert [next(iter(each)) for each in commands if "withdrawals" in each.values()] == [
        *("update", "update")
    ]
    assert sent.record["status"] == "success"
    assert {"dueAt", "told", "fence"}.isdisjoint(sent.record)


def _in_hand(paying: Paying) -> tuple[Sent, AnyTurn]:
    """A worker is about to send it."""
    sent = Sent(paying, runs=False)
    (turn,) = worker.take_up(Paces())
    return sent, turn


def _tells(paying: Paying, sent: Sent, status: str) -> None:
    assert paying.tells(sent.person, sent.created, status).status_code == 204
