"""The service beside a model of it with limits, while days pass and payouts come back."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test
from werkzeug.test import TestResponse

from tests.hostile.test_model import Beside, Meant, Model, Told
from tests.support.time import money_moves_at
from wallet_api import config
from wallet_api.movements.limits import own
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.withdrawals import reversal

pytestmark = pytest.mark.in_process("holds the clock of its process, and reverses withdrawals")

NEW_FOR_DAYS = 2
NAMES = ("minimum_cents", "per_withdrawal_cents", "per_day_cents", "count_per_day")


class LimitedModel(Model):
    for_new: ClassVar[int | None] = None
    """What a day has for new destinations, in minor units."""

    def __init__(self) -> None:
        super().__init__()
        self.limits: dict[str, int | None] = dict.fromkeys(NAMES)
        self.day = 0
        self.cents: dict[int, int] = defaultdict(int)
        self.count: dict[int, int] = defaultdict(int)
        self.new_cents: dict[int, int] = defaultdict(int)
        self.first_use: dict[str | None, int] = {}

    def counts(self) -> bool:
        of_a_day = (self.limits["per_day_cents"], self.limits["count_per_day"], self.for_new)
        return any(limit is not None for limit in of_a_day)

    def is_new(self, destination: str | None) -> bool:
        return self.for_new is not None and (
            self.day < self.first_use.get(destination, self.day) + NEW_FOR_DAYS
        )

    def withdraw(self, meant: Meant, key: str | None) -> Told:
        told = Told(201, self.balance_cents - meant.amount_cents)
        if meant.amount_cents > self.balance_cents:
            told = Told(400, code="insufficient_funds")
        elif limit := self._limit(meant.amount_cents, meant.destination):
            told = Told(400, code="limit_exceeded", limit=limit)
        if earlier := self._earlier("withdrawal", meant, key):
            return earlier
        told = self._move("withdrawal", meant, key, told)
        if told.status == 201 and self.counts():
            self.cents[self.day] += meant.amount_cents
            self.count[self.day] += 1
            if self.is_new(meant.destination):
                self.new_cents[self.day] += meant.amount_cents
                self.first_use.setdefault(meant.destination, self.day)
        return told

    def left(self) -> tuple[int | None, int | None]:
        per_day, count = self.limits["per_day_cents"], self.limits["count_per_day"]
        return (
            None if per_day is None else max(per_day - self.cents[self.day], 0),
            None if count is None else max(count - self.count[self.day], 0),
        )

    def _limit(self, cents: int, destination: str | None) -> str | None:
        minimum, most = self.limits["minimum_cents"], self.limits["per_withdrawal_cents"]
        left, times = self.left()
        if minimum is not None and cents < minimum:
            return "minimum"
        if most is not None and cents > most:
            return "per_withdrawal"
        if times == 0:
            return "count_per_day"
        if left is not None and cents > left:
            return "per_day"
        if self.for_new is None or not self.is_new(destination):
            return None
        left_for_new = self.for_new - self.new_cents[self.day]
        return "new_destinations" if cents > left_for_new else None


class BesideWithLimits(Beside):
    monkeypatch: ClassVar[pytest.MonkeyPatch]
    now: ClassVar[datetime] = datetime(2026, 2, 24, 12, tzinfo=UTC)

    def __init__(self) -> None:
        super().__init__()
        self.model: LimitedModel = LimitedModel()
        self.paid: list[tuple[str, int, int | None, bool]] = []
        """Each with its amount, the day on which it was counted, and whether as to a new one."""

    @rule(name=st.sampled_from(NAMES), value=st.none() | st.integers(0, 60))
    def set_limit(self, name: str, value: int | None) -> None:
        own.set_limits(self.person.id, {name: value})
        self.model.limits[name] = value

    @rule()
    def clear_limits(self) -> None:
        own.clear_limits(self.person.id)
        self.model.limits = dict.fromkeys(NAMES)

    @rule(days=st.sampled_from([1, 1, 2, 3]))
    def pass_days(self, days: int) -> None:
        type(self).now += timedelta(days=days)
        self.model.day += days
        money_moves_at(self.now, self.monkeypatch)

    @precondition(lambda self: self.paid)
    @rule(data=st.data())
    def payout_comes_back(self, data: st.DataObject) -> None:
        id_, cents, day, was_new = self.paid.pop(data.draw(st.integers(0, len(self.paid) - 1)))
        copy_outbox(self.person.id)

        reversal.reverse(id_, "came back")

        self.model.balance_cents += cents
        self.model.entries.append(cents)
        self.model.withdrawals.remove((cents, "success"))
        self.model.withdrawals.append((cents, "failed"))
        if day is not None:
            self.model.cents[day] -= cents
            self.model.count[day] -= 1
            self.model.new_cents[day] -= cents * was_new

    @invariant()
    def what_is_left_is_the_models(self) -> None:
        shown = self.person.get("/wallets").get_json().get("limits", {})

        told = shown.get("leftTodayCents"), shown.get("leftTodayCount")
        assert told == self.model.left()

    def _compare(self, path: str, answer: TestResponse, told: Told, key: str | None) -> None:
        body = answer.get_json()
        if told.replayed and self._came_back(body):
            return  # a withdrawal that was reversed is told as failed
        super()._compare(path, answer, told, key)
        if told.status != 201 or told.replayed or _is_transfer(body):
            return  # nothing of it can come back
        if path == "/withdrawals":
            day = self.model.day if self.model.counts() else None
            was_new = self.model.is_new(body["destination"])
            self.paid.append((body["id"], body["amountCents"], day, was_new))

    def _came_back(self, body: dict[str, object]) -> bool:
        return body.get("status") == "failed" and "code" not in body


def _is_transfer(body: dict[str, object]) -> bool:
    return str(body.get("destination", "")).startswith("wallet:")


@pytest.mark.parametrize("for_new", [None, 60])
def test_the_service_answers_as_its_model_with_limits(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, for_new: int | None
) -> None:
    monkeypatch.setattr(LimitedModel, "for_new", for_new)
    if for_new is not None:
        monkeypatch.setenv("LIMIT_NEW_DESTINATIONS", f"INR:{for_new / 100}")
        monkeypatch.setenv("NEW_DESTINATION_HOURS", str(24 * NEW_FOR_DAYS))
        config.settings.cache_clear()
    BesideWithLimits.client, BesideWithLimits.monkeypatch = client, monkeypatch
    money_moves_at(BesideWithLimits.now, monkeypatch)

    run_state_machine_as_test(
        BesideWithLimits,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
