"""A withdrawal goes to the bank, or its money comes back: once, whatever the gateway does."""

import logging

import pytest

from tests.payouts.paying import Paying
from tests.support.books import assert_books_balance
from tests.support.mailbox import free_port
from wallet_api.config import settings
from wallet_api.payouts.adapters import registry

pytestmark = pytest.mark.slow


def test_a_withdrawal_is_pending_until_the_gateway_has_settled_it(paying: Paying) -> None:
    ada = paying.person(100)

    created = ada.withdraws(30, destination="acct-1")
    held = ada.get("/wallets").get_json()
    paying.run()

    assert created.status_code == 201
    assert created.get_json()["status"] == "pending"
    assert held == {"balanceCents": 7000, "heldCents": 3000, "currency": "INR"}
    assert ada.get("/wallets").get_json() == held | {"heldCents": 0}
    shown = paying.shown(ada, created)
    assert shown["status"] == "success"
    assert [change["status"] for change in shown["history"]] == ["pending", "processing", "success"]
    assert shown["gatewayReference"]
    assert [each["reference"] for each in shown["attempts"]] == [f"wd{shown['id']}"]
    assert paying.paid(created) == [3000]
    assert_books_balance(ada.id)


def test_a_declined_payout_is_refunded_once(paying: Paying) -> None:
    ada = paying.person(100)

    created = ada.withdraws(30, "k", destination="acct-1")
    paying.behaves(created, "declines")
    paying.run()

    shown = paying.shown(ada, created)
    assert (shown["status"], shown["failureReason"]) == ("failed", "declined")
    assert ada.balance() == 10000
    assert sum(paying.paid(created)) == 0
    again = ada.withdraws(30, "k", destination="acct-1")
    assert again.status_code == 201
    assert again.get_json()["status"] == "failed"
    assert ada.balance() == 10000
    assert_books_balance(ada.id)


def test_a_pending_withdrawal_can_be_cancelled(paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    path = f"/withdrawals/{created.get_json()['id']}/cancel"

    cancelled = ada.post(path, None)
    paying.run()

    assert cancelled.status_code == 200
    assert cancelled.get_json()["failureReason"] == "cancelled"
    assert ada.balance() == 10000
    assert sum(paying.paid(created)) == 0
    assert ada.post(path, None).status_code == 200
    assert ada.balance() == 10000
    assert_books_balance(ada.id)


def test_a_withdrawal_that_was_sent_cannot_be_cancelled(paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.run()

    refused = ada.post(f"/withdrawals/{created.get_json()['id']}/cancel", None)

    assert refused.status_code == 409
    assert refused.get_json()["code"] == "illegal_status_change"
    assert ada.balance() == 7000


ENDS = {
    "settles_later": ("success", [3000]),
    "declines_later": ("failed", [0]),
    "pays_then_silent": ("success", [3000]),
    "pays_then_500": ("success", [3000]),
    "unpaid_500": ("success", [3000]),
    "unpaid_silent": ("success", [3000]),
    "accepts_and_loses_it": ("success", [3000]),
    "answers_html": ("success", [3000]),
    "answers_gzip_bomb": ("success", [3000]),
    "conflict_in_flight": ("success", [3000]),
}


@pytest.mark.parametrize("behaviour", ENDS)
def test_both_books_agree_at_the_end(paying: Paying, behaviour: str) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, behaviour)

    shown = paying.until_it_ends(ada, created)

    status, paid = ENDS[behaviour]
    assert shown["status"] == status
    assert paying.paid(created) in (paid, [] if paid == [0] else paid)
    assert ada.balance() == 10000 - sum(paid)
    assert_books_balance(ada.id)


def test_where_the_gateway_should_be_is_told_to_operators_alone(
    paying: Paying, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PAYOUT_HTTP_URL", f"http://127.0.0.1:{free_port()}")
    settings.cache_clear()
    registry.close_all()
    ada = paying.person(100)

    created = ada.withdraws(30, destination="acct-1")
    with caplog.at_level(logging.WARNING):
        paying.run()

    shown = paying.shown(ada, created)
    assert (shown["status"], shown["statusDetails"]) == ("processing", {"reason": "not_connected"})
    (told,) = [each for each in caplog.records if getattr(each, "event", "") == "payout_not_taken"]
    assert "Cannot connect to host 127.0.0.1" in told.__dict__["trouble"]
    assert_books_balance(ada.id)
