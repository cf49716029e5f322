"""A gateway's callback is about its own payouts, and no other gateway's."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.mutants import Mutant
from tests.mutants import payouts as mutants
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api import clock
from wallet_api.documents.withdrawal import Withdrawal

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]


def told_by_http(paying: Paying, gateway: str, status: str) -> tuple[dict[str, Any], Sent]:
    """The record before it, and the payout."""
    sent = Sent(paying, "settles_after_days")
    change = {"$set": {"gateway": gateway, "dueAt": clock.now().replace(year=2050)}}
    Withdrawal._get_collection().update_one({"_id": paying.id_of(sent.created)}, change)
    before = sent.record
    assert paying.tells(sent.person, sent.created, status).status_code == 204
    return before, sent


def anothers_payout_stays_as_it_is(paying: Paying) -> None:
    for gateway in ("razorpayx", "wallet"):
        for status in ("settled", "declined", "returned", "accepted"):
            before, sent = told_by_http(paying, gateway, status)

            assert sent.record == before


@pytest.mark.parametrize("status", ["settled", "declined", "returned"])
def test_its_own_payout_is_asked_about(paying: Paying, status: str) -> None:
    _, sent = told_by_http(paying, "http", status)

    assert sent.record["told"]["verdict"] == status
    assert sent.record["dueAt"] <= clock.now()


def test_another_gateways_payout_stays_as_it_is(paying: Paying) -> None:
    anothers_payout_stays_as_it_is(paying)


def test_without_the_gateways_name_it_is_woken(
    paying: Paying, mutate: Callable[[Mutant], None]
) -> None:
    mutate(mutants.callbacks_wake_any_gateways_payout)

    with pytest.raises(AssertionError):
        anothers_payout_stays_as_it_is(paying)
