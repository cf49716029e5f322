"""Any history of requests, retries and copying adds up as plain integers do."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.books import assert_books_balance, balance_of
from tests.support.people import funded
from wallet_api import config, errors
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import post
from wallet_api.movements.orders import Order
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import recent
from wallet_api.withdrawals import reversal

pytestmark = pytest.mark.slow

amounts = st.integers(1, 400)
keys = st.sampled_from([None, "a", "b", "c", "d"])
destinations = st.sampled_from(["bank-1", "bank-2"])

Answer = tuple[Any, ...]


class Wallet(RuleBasedStateMachine):
    """The service beside a model that knows integers and a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        recent.clear()
        self.user = funded(0)
        self.balance = 0
        self.answers: dict[tuple[str, str], tuple[Answer, Answer]] = {}
        self.debits: dict[str, int] = {}
        self.reversed: set[str] = set()

    @rule(amount=amounts, key=keys)
    def deposit(self, amount: int, key: str | None) -> None:
        answer = self._ask(Order(self.user, MovementKind.DEPOSIT, amount, "INR", key))

        self._expect(MovementKind.DEPOSIT, key, (amount, None), answer, amount)

    @rule(amount=amounts, key=keys, destination=destinations)
    def withdraw(self, amount: int, key: str | None, destination: str) -> None:
        answer = self._ask(
            Order(self.user, MovementKind.WITHDRAWAL, -amount, "INR", key, destination)
        )

        self._expect(MovementKind.WITHDRAWAL, key, (amount, destination), answer, -amount)

    @rule()
    def copy(self) -> None:
        copy_outbox(self.user)

    @rule()
    def restart(self) -> None:
        recent.clear()

    @precondition(lambda self: self.debits)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        withdrawal = data.draw(st.sampled_from(sorted(self.debits)))
        copy_outbox(self.user)

        reversal.reverse(withdrawal, "came back")

        if withdrawal not in self.reversed:
            self.reversed.add(withdrawal)
            self.balance += self.debits[withdrawal]

    @invariant()
    def the_balance_is_the_models(self) -> None:
        assert balance_of(self.user) == self.balance

    def teardown(self) -> None:
        assert_books_balance(self.user)

    def _ask(self, order: Order) -> Answer:
        try:
            receipt = post(order)
        except errors.InsufficientFunds:
            return ("too little",)
        except errors.IdempotencyKeyReused:
            return ("another meaning",)
        return ("moved", str(receipt.id), receipt.balance_cents, receipt.created_at)

    def _expect(
        self, kind: str, key: str | None, meaning: Answer, answer: Answer, change: int
    ) -> None:
        if key is not None and (kind, key) in self.answers:
            first_meaning, first_answer = self.answers[kind, key]
            same = meaning == first_meaning
            assert answer == (first_answer if same else ("another meaning",))
            return
        if self.balance + change < 0:
            assert answer == ("too little",)
        else:
            self.balance += change
            assert (answer[0], answer[2]) == ("moved", self.balance)
            if kind == MovementKind.WITHDRAWAL:
                self.debits[answer[1]] = -change
        if key is not None:
            self.answers[kind, key] = (meaning, answer)


@pytest.mark.parametrize("outbox_limit", ["3", "128"])
def test_any_history_adds_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch, outbox_limit: str
) -> None:
    monkeypatch.setenv("OUTBOX_LIMIT", outbox_limit)
    monkeypatch.setenv("RELAY_BATCH", "2")
    config.settings.cache_clear()

    run_state_machine_as_test(
        Wallet,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
