"""What holds for withdrawals holds for transfers: limits, proof of the email, cancelling."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.payouts.transfers.sending import arrivals, go_on, sends
from tests.support.books import assert_books_balance, sweep_everything
from tests.support.commands import recorder
from tests.support.people import Person
from wallet_api.config import settings
from wallet_api.errors import IllegalStatusChange
from wallet_api.movements import Receipt
from wallet_api.movements.limits import own
from wallet_api.movements.relay import copies
from wallet_api.payouts import operating
from wallet_api.payouts.worker import worker_for

pytestmark = pytest.mark.lengthy


@pytest.fixture
def left_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request dies right after the debit."""

    def left(_: object, receipt: Receipt) -> Receipt:
        return receipt

    monkeypatch.setattr("wallet_api.withdrawals.service.at_once.done", left)
    monkeypatch.setattr(copies, "HEAD_START", timedelta(0))


def test_it_counts_for_the_limits_of_withdrawals(ada: Person, bob: Person) -> None:
    own.set_limits(ada.id, {"per_day_cents": 5000})

    assert sends(ada, 30, bob).status_code == 201
    answer = sends(ada, 30, bob)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "limit_exceeded")
    assert ada.withdraws(30).get_json()["code"] == "limit_exceeded"
    assert arrivals(bob) == [3000]
    assert_books_balance(ada.id)


def test_what_is_refused_there_gives_its_share_of_the_day_back(ada: Person, bob: Person) -> None:
    own.set_limits(ada.id, {"per_day_cents": 5000})
    own.set_limits(bob.id, {"per_day_cents": 1})
    nowhere = f"wallet:{'0' * 24}"

    assert ada.withdraws(30, destination=nowhere).get_json()["status"] == "failed"

    assert sends(ada, 50, bob).get_json()["status"] == "success"
    assert arrivals(bob) == [5000], "no limit on withdrawals concerns an arrival"


@pytest.mark.usefixtures("left_to_workers")
def test_a_worker_does_what_its_request_has_left(ada: Person, bob: Person) -> None:
    answer = sends(ada, 30, bob, "k")
    assert answer.get_json()["status"] == "pending"

    assert go_on() == 1

    assert sends(ada, 30, bob, "k").get_json()["status"] == "success"
    assert arrivals(bob) == [3000]


@pytest.mark.usefixtures("left_to_workers")
def test_it_can_be_cancelled_while_it_is_pending(ada: Person, bob: Person) -> None:
    sent = sends(ada, 30, bob).get_json()["id"]

    cancelled = ada.post(f"/withdrawals/{sent}/cancel", None)
    go_on()

    assert cancelled.get_json()["failureReason"] == "cancelled"
    assert (ada.balance(), arrivals(bob)) == (10_000, [])


@pytest.mark.parametrize("decide", [operating.settle, operating.fail])
@pytest.mark.usefixtures("left_to_workers")
def test_no_operator_decides_what_the_ledger_knows(
    ada: Person, bob: Person, decide: Callable[..., object]
) -> None:
    sent = operating.withdrawal_called(sends(ada, 30, bob).get_json()["id"])
    sweep_everything()

    with pytest.raises(IllegalStatusChange):
        decide(sent, "I know it")
    go_on()

    assert arrivals(bob) == [3000]


@pytest.mark.in_process("sets the settings of its process")
def test_an_unproved_email_sends_nothing(
    ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_PROOF", "required")
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("MAIL_FROM", "a@example.com")
    settings.cache_clear()

    answer = sends(ada.in_process, 30, bob)

    settings.cache_clear()
    assert answer.get_json()["code"] == "email_unproved"
    assert arrivals(bob) == []


@pytest.mark.slow
def test_where_there_are_transfers_alone_one_thread_looks_once_a_second(ada: Person) -> None:
    assert not settings().payouts.is_on
    idle = worker_for(settings().payouts)

    with recorder.recording() as commands:
        idle.start()
        time.sleep(2.5)
        threads = [each.name for each in threading.enumerate() if each.name.startswith("payouts-")]
        idle.stop(5)

    assert threads == ["payouts-0"]
    assert [command.get("find") for command in commands] == ["withdrawals"] * 3
