"""A message to a worker is a hint: it decides nothing."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId

from tests.mutants import messages as mutants
from tests.mutants.kinds import Mutant
from tests.payouts.paying import Paying
from wallet_api.config import settings
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements.relay import payouts_due
from wallet_api.payouts import waking
from wallet_api.payouts.worker import Worker

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]


def told(withdrawal: ObjectId) -> None:
    """What a worker does with a message."""
    Worker(threads=0).take_up(withdrawal)


def id_of(created: Any) -> ObjectId:
    return ObjectId(created.get_json()["id"])


def document(created: Any) -> dict[str, Any]:
    return Withdrawal._get_collection().find_one({"_id": id_of(created)})


def a_message_takes_up_what_it_names(paying: Paying) -> None:
    ada = paying.person(100)
    first = ada.withdraws(30, destination="acct-1")
    second = ada.withdraws(20, destination="acct-1")
    paying.sweep()

    told(id_of(second))

    assert document(second)["status"] == "success"
    assert document(first)["status"] == "pending"
    assert paying.paid(first) == []


def a_late_message_asks_the_gateway_nothing(paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "forgets_its_key")
    paying.sweep()
    told(id_of(created))
    time.sleep(2.2)  # the gateway's memory
    ended = document(created)

    told(id_of(created))

    assert paying.paid(created) == [3000]
    assert document(created) == ended


def a_message_about_another_workers_payout_leaves_it(paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "settles_later")
    paying.sweep()
    told(id_of(created))
    waiting = document(created)

    told(id_of(created))

    assert document(created) == waiting
    assert waiting.get("tries") == 1


Promise = Callable[[Paying], None]

PROMISES = [
    a_message_takes_up_what_it_names,
    a_late_message_asks_the_gateway_nothing,
    a_message_about_another_workers_payout_leaves_it,
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_message_decides_nothing(
    paying: Paying, promise: Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYOUT_RETRY_SECONDS", "60")
    settings.cache_clear()

    promise(paying)


BROKEN = [
    (mutants.a_message_is_an_order, a_late_message_asks_the_gateway_nothing),
    (mutants.a_message_is_an_order, a_message_about_another_workers_payout_leaves_it),
    (mutants.a_message_wakes_whatever_is_due, a_message_takes_up_what_it_names),
]


@pytest.mark.parametrize(("mutant", "promise"), BROKEN)
def test_a_worker_that_obeys_messages_is_noticed(
    paying: Paying, mutant: Mutant, promise: Promise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYOUT_RETRY_SECONDS", "60")
    settings.cache_clear()
    mutant(monkeypatch.setattr)

    with pytest.raises(AssertionError):
        promise(paying)


def test_a_message_about_nothing_is_no_matter(paying: Paying) -> None:
    told(ObjectId())


def test_whoever_listens_is_told_of_each_copied_withdrawal_that_is_due(paying: Paying) -> None:
    heard: list[ObjectId] = []
    payouts_due.tell(heard.append)
    try:
        ada = paying.person(100)
        created = ada.withdraws(30, destination="acct-1")
        refused = ada.withdraws(500, destination="acct-1")
        paying.sweep()
    finally:
        payouts_due.tell(None)

    assert refused.status_code == 400
    assert heard == [id_of(created)]


def test_a_callback_sends_a_message(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "settles_later")
    paying.run()
    sent: list[ObjectId] = []
    monkeypatch.setattr(waking, "send", sent.append)

    paying.wakes(created)

    assert sent == [id_of(created)]
