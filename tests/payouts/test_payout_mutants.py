"""What keeps a payout from being paid twice, and from being paid and refunded: one at a time."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.mutants import payouts as mutants
from tests.mutants.kinds import Mutant
from tests.payouts.paying import Paying
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.kinds import PayoutFailure
from wallet_api.payouts import queue, refunds
from wallet_api.payouts.change import failed

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

Patch = pytest.MonkeyPatch


class Settings:
    """Shorter than those of a real gateway."""

    def __init__(self, patch: Patch) -> None:
        self._patch = patch

    def set(self, **values: str) -> None:
        for name, value in values.items():
            self._patch.setenv(f"PAYOUT_{name.upper()}", value)
        settings.cache_clear()


def no_answer(paying: Paying, patch: Patch) -> None:
    """A payout whose answer is lost is success, since the gateway has made it."""
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "pays_then_500")

    shown = paying.until_it_ends(ada, created)

    assert shown["status"] == "success"
    assert ada.balance() == 7000
    assert paying.paid(created) == [3000]


def a_refused_key(paying: Paying, patch: Patch) -> None:
    """A payout that the gateway did not take for our own fault stays held."""
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "forbidden_for_a_minute")

    paying.run()

    assert paying.shown(ada, created)["status"] == "processing"
    assert ada.balance() == 7000


def a_worker_out_of_date(paying: Paying, patch: Patch) -> None:
    """What a worker decides whose payout another has taken up is not written."""
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "settles_later")
    paying.sweep()
    lease, now = settings().payouts.lease, clock.now()
    (first,) = queue.claim(["http"], now, lease)
    assert queue.claim(["http"], now + lease + timedelta(seconds=1), lease)

    written = failed(first, PayoutFailure.NOT_FOUND, now).apply(first, now)

    assert not written
    assert not queue.begin_submission(first, first.attempts[0].reference, now)


def a_refund_that_was_interrupted(paying: Paying, patch: Patch) -> None:
    """A worker that dies between the refund and its copy leaves one refund."""
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "declines")
    with patch.context() as dying:
        dying.setattr(refunds, "copy_outbox", _dies)
        paying.run()

    paying.lets_the_lease_pass(created)
    paying.run()

    assert ada.balance() == 10000


def _dies(*_: Any) -> None:
    raise InterruptedError


def a_lost_answer(paying: Paying, patch: Patch) -> None:
    """A payout is sent again under the reference that the gateway knows, or not at all."""
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "pays_then_silent")
    paying.run()

    paying.wakes(created)
    paying.run()

    attempts = paying.shown(ada, created)["attempts"]
    assert [each["reference"] for each in attempts] == [paying.reference(created)]
    assert paying.paid(created) == [3000]


def a_forgotten_key(paying: Paying, patch: Patch) -> None:
    """After the life of its key, a payout is asked about, and never sent."""
    Settings(patch).set(key_life_seconds="1", not_found_final_seconds="0")
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "never_found_though_paid", "forgets_its_key")
    paying.run()
    time.sleep(2.2)  # the gateway's memory

    paying.wakes(created)
    paying.run()

    assert sum(paying.paid(created)) == 3000


def a_callback_that_is_not_so(paying: Paying, patch: Patch) -> None:
    """What a callback tells is asked for: the gateway's answer decides."""
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "settles_later")
    paying.run()

    told = paying.tells(ada, created, "declined")

    assert told.status_code == 204
    assert paying.until_it_ends(ada, created)["status"] == "success"
    assert ada.balance() == 7000


Promise = Callable[[Paying, Patch], None]

PROMISES: dict[Promise, Mutant] = {
    no_answer: mutants.unknown_is_a_decline,
    a_refused_key: mutants.not_taken_is_a_decline,
    a_worker_out_of_date: mutants.no_fence_of_a_payout,
    a_refund_that_was_interrupted: mutants.a_refund_for_each_event,
    a_lost_answer: mutants.another_reference_for_each_try,
    a_forgotten_key: mutants.sent_after_its_keys_life,
    a_callback_that_is_not_so: mutants.callbacks_are_believed,
}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_it_is_kept(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    promise(paying, monkeypatch)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_the_mutant_breaks_it(
    paying: Paying,
    monkeypatch: Patch,
    mutate: Callable[[Mutant], None],
    promise: Promise,
) -> None:
    mutate(PROMISES[promise])

    with pytest.raises(AssertionError):
        promise(paying, monkeypatch)
