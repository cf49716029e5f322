"""What has been answered for an instant more than a minute ago never changes, whatever clocks say.

Two hosts whose clocks jump by days, requests that sleep between their stamps and their commits, and
relays that die while they copy. Its mutants are a stamp believed however old it is, or however far
ahead: the steps that reveal each are played one by one, since a random search may miss them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.batches import attempt_of
from tests.support.books import assert_books_balance, balance_of
from tests.support.interleaving import crashing
from tests.support.people import funded
from wallet_api import ledger_signing
from wallet_api.callers import Caller
from wallet_api.documents.kinds import MovementKind
from wallet_api.ledger import history, statement
from wallet_api.movements import Order, attempts, commit, post
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.relay import copy, durable_read

pytestmark = [pytest.mark.usefixtures("app", "interposed"), pytest.mark.slow]

MINUTE = timedelta(seconds=60)

either = st.sampled_from([0, 1])
jumps = st.sampled_from([-400 * 86_400, -3_600, -61, -5, 0, 5, 61, 3_600, 400 * 86_400])
ages = st.sampled_from([0, 1, 60, 3_000, 86_400, 399 * 86_400, 500 * 86_400])
"""Seconds, beyond the minute that may still change."""


def server_now() -> datetime:
    return datetime.now(UTC)


class Hosts(RuleBasedStateMachine):
    stamped_by: Callable[[timedelta], None]

    def __init__(self) -> None:
        super().__init__()
        self.user = funded(0)
        # Long ago, so that the ledger's own order leaves room for what comes too late.
        with pytest.MonkeyPatch.context() as past:
            past.setattr(durable_read, "BOOKING_WINDOW", timedelta(days=36_500))
            self.stamped_by(timedelta(days=-450))
            post(Order(self.user, MovementKind.DEPOSIT, 1000, "INR"))
            copy.copy_outbox(self.user)
        self.ahead = [timedelta(0), timedelta(0)]
        self.asleep: list[Attempt] = []
        self.answers: dict[datetime, Any] = {}

    @rule(host=either, seconds=jumps)
    def a_clock_jumps(self, host: int, seconds: int) -> None:
        self.ahead[host] = timedelta(seconds=seconds)

    @rule(host=either)
    def a_deposit(self, host: int) -> None:
        self.stamped_by(self.ahead[host])
        post(Order(self.user, MovementKind.DEPOSIT, 1, "INR"))

    @rule(host=either)
    def a_request_falls_asleep_before_its_commit(self, host: int) -> None:
        self.stamped_by(self.ahead[host])
        self.asleep.append(attempt_of(Order(self.user, MovementKind.DEPOSIT, 1, "INR")))

    @precondition(lambda self: self.asleep)
    @rule()
    def it_wakes_up(self) -> None:
        assert commit.commit(self.asleep.pop(0)) is not None

    @rule(operations=st.integers(1, 3))
    def a_relay_dies(self, operations: int) -> None:
        crashing(operations, after=True, action=lambda: copy.copy_outbox(self.user))

    @rule(age=ages)
    def somebody_asks_for_the_past(self, age: int) -> None:
        at = server_now() - MINUTE - timedelta(seconds=age)
        self.answers[at] = answer(self.user, at)

    @invariant()
    def what_was_answered_is_still_so(self) -> None:
        for at, answered in self.answers.items():
            assert answer(self.user, at) == answered

    @invariant()
    def what_has_happened_has_happened_by_now(self) -> None:
        soon = server_now() + timedelta(seconds=1)  # it is copied, and booked, when it is asked for
        assert history.balance_at(Caller(self.user), soon).balance_cents == balance_of(self.user)

    def teardown(self) -> None:
        assert_books_balance(self.user)


def answer(user: Any, at: datetime) -> Any:
    shown = statement.statement(Caller(user), None, at)
    return (
        history.balance_at(Caller(user), at).balance_cents,
        shown.closing_balance_cents,
        [entry.id for batch in shown.entries for entry in batch],
    )


@pytest.fixture(autouse=True)
def clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    def stamped_by(ahead: timedelta) -> None:
        now = server_now() + ahead
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        monkeypatch.setattr(attempts, "clock", SimpleNamespace(now=lambda: now))

    Hosts.stamped_by = staticmethod(stamped_by)


def test_the_past_stays() -> None:
    run_state_machine_as_test(
        Hosts,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_stamp_that_is_believed_however_old_changes_the_past(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(durable_read, "BOOKING_WINDOW", timedelta(days=36_500))
    hosts = Hosts()

    hosts.somebody_asks_for_the_past(age=60)
    hosts.a_clock_jumps(host=0, seconds=-3_600)
    hosts.a_deposit(host=0)

    with pytest.raises(AssertionError):
        hosts.what_was_answered_is_still_so()


def test_a_stamp_that_is_believed_however_far_ahead_hides_the_present(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_stamped = {"bookedAt": "$$movement.at", "digestVersion": ledger_signing.present_version()}
    stamp = {"$mergeObjects": ["$$movement", as_stamped]}
    believed = {"$map": {"input": "$outbox", "as": "movement", "in": stamp}}
    monkeypatch.setattr(durable_read, "booked_outbox", lambda: believed)
    hosts = Hosts()

    hosts.a_clock_jumps(host=0, seconds=3_600)
    hosts.a_deposit(host=0)

    with pytest.raises(AssertionError):
        hosts.what_has_happened_has_happened_by_now()
