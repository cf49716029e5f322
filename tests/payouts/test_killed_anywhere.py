"""A worker that dies between any two steps of a payout, at the database or at the gateway."""

from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.payouts.paying import Paying
from tests.support.books import assert_books_balance
from tests.support.interleaving import crashing
from tests.support.people import Person
from wallet_api.payouts import worker
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.cancel import cancel

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("interposed"), pytest.mark.lengthy]

MOST_OPERATIONS = 30

BEHAVIOURS = ["settles", "declines", "pays_then_silent", "unpaid_500", "returns_later"]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_at_any_operation_of_the_database(paying: Paying, behaviour: str, after: bool) -> None:
    died = 0
    for number in range(1, MOST_OPERATIONS):
        ada, created = asked(paying, behaviour)
        is_dead = crashing(number, after=after, action=worker.run_once)
        died += is_dead
        assert_one_end(paying, ada, created)
        if not is_dead:
            break

    assert 3 <= died < MOST_OPERATIONS - 1


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("method", ["submit", "inquire"])
@pytest.mark.parametrize("after", [False, True], ids=["before it is asked", "after its answer"])
def test_at_the_gateway(
    paying: Paying,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: str,
    method: str,
    after: bool,
) -> None:
    ada, created = asked(paying, behaviour)
    with monkeypatch.context() as patch:
        die_at(patch, method, after)
        for _ in range(3):
            with suppress(Crash):
                worker.run_once()
            paying.lets_the_lease_pass(created)

    assert_one_end(paying, ada, created)


def asked(paying: Paying, behaviour: str) -> tuple[Person, TestResponse]:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, behaviour)
    paying.sweep()
    return ada, created


def assert_one_end(paying: Paying, ada: Person, created: TestResponse) -> None:
    """Another worker goes on once the lease is over, and both books agree."""
    paying.lets_the_lease_pass(created)
    worker.run_once()  # before a relay has copied what the dead one has committed

    shown = paying.until_it_ends(ada, created)

    paid = sum(paying.paid(created))
    if shown["status"] == "failed":
        assert paid == 0
        assert ada.balance() == 10000
    elif paid == 0:  # it has come back meanwhile, which the next inquiry will tell
        assert ada.balance() == 7000
    else:
        assert paid == 3000
        assert ada.balance() == 7000
    assert_books_balance(ada.id)


class Crash(BaseException):
    """The process ends."""


def die_at(patch: pytest.MonkeyPatch, method: str, after: bool) -> None:
    ask = getattr(HttpGateway, method)

    def dies(self: HttpGateway, payout: Any) -> Any:
        if after:
            ask(self, payout)
        raise Crash

    patch.setattr(HttpGateway, method, dies)


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_a_cancellation_at_any_operation(paying: Paying, after: bool) -> None:
    died = 0
    for number in range(1, MOST_OPERATIONS):
        ada, created = asked(paying, "settles")
        withdrawal = paying.id_of(created)
        is_dead = crashing(number, after=after, action=partial(cancel, withdrawal))
        died += is_dead
        assert_one_end(paying, ada, created)
        if not is_dead:
            break

    assert 3 <= died < MOST_OPERATIONS - 1
