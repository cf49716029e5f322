"""The service beside a model of it that anybody can check by reading, through the same calls."""

import json
from itertools import count
from typing import Any, NamedTuple

from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from werkzeug.test import TestResponse

from tests.support.people import someone
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import recent

_numbers = count(1)

STORED = ("insufficient_funds", "limit_exceeded")
"""The refusals that a key gets again."""


class Meant(NamedTuple):
    amount_cents: int
    currency: str
    destination: str | None


class Told(NamedTuple):
    """What a client is answered; `id` of the movement is compared where the model has it."""

    status: int
    balance_cents: int | None = None
    code: str | None = None
    replayed: bool = False
    limit: str | None = None


class Model:
    """One wallet."""

    def __init__(self) -> None:
        self.balance_cents = 0
        self.entries: list[int] = []
        self.withdrawals: list[tuple[int, str]] = []
        self.sent_cents = 0
        """To another wallet."""
        self._told: dict[tuple[str, str], tuple[Meant, Told]] = {}

    def deposit(self, meant: Meant, key: str | None) -> Told:
        return self._earlier("deposit", meant, key) or self._move(
            "deposit", meant, key, Told(200, self.balance_cents + meant.amount_cents)
        )

    def withdraw(self, meant: Meant, key: str | None) -> Told:
        told = Told(201, self.balance_cents - meant.amount_cents)
        if meant.amount_cents > self.balance_cents:
            told = Told(400, code="insufficient_funds")
        return self._earlier("withdrawal", meant, key) or self._move("withdrawal", meant, key, told)

    def _earlier(self, call: str, meant: Meant, key: str | None) -> Told | None:
        if key is not None and (call, key) in self._told:
            meant_then, told = self._told[call, key]
            if meant_then != meant:
                return Told(422, code="idempotency_key_reused")
            return told._replace(replayed=True)
        return Told(400, code="currency_mismatch") if meant.currency != "INR" else None

    def _move(self, call: str, meant: Meant, key: str | None, told: Told) -> Told:
        if key is not None:
            self._told[call, key] = (meant, told)
        if call == "withdrawal":
            status = "success" if told.status == 201 else "failed"
            self.withdrawals.append((meant.amount_cents, status))
        if told.balance_cents is not None:
            if (meant.destination or "").startswith("wallet:"):
                self.sent_cents += meant.amount_cents
            self.entries.append(told.balance_cents - self.balance_cents)
            self.balance_cents = told.balance_cents
        return told


amounts = st.one_of(st.integers(1, 50), st.sampled_from([100, 1_050, 10_000, 100_000_000_000]))
keys = st.sampled_from([None, None, "a", "b", "c", "$d.e"])
currencies = st.sampled_from([None, None, None, "INR", "inr", "USD"])
PARTNER = "the partner's wallet"
destinations = st.sampled_from(["bank-1", " bank-1 ", "bank-2", PARTNER])
spellings = st.sampled_from(["{:.2f}", "{:.2f}000", "{}", "{}e0"])
NO_AMOUNTS = ("0", "-1", "0.001", "1000000000.01", '"1"', "true", "null", "[1]", '{"$gt":0}', "NaN")
quotings = st.sampled_from(["{}", '"{}"', "  {} "])


class Beside(RuleBasedStateMachine):
    client: FlaskClient

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.person = someone(self.client, f"model-{next(_numbers)}@example.com")
        self.partner = someone(self.client, f"model-{next(_numbers)}@example.com")
        self.bodies: dict[tuple[str, str | None], Any] = {}

    @rule(cents=amounts, key=keys, currency=currencies, spelling=spellings, quoting=quotings)
    def deposit(
        self, cents: int, key: str | None, currency: str | None, spelling: str, quoting: str
    ) -> None:
        told = self.model.deposit(Meant(cents, (currency or "INR").upper(), None), key)

        body = self._body(cents, spelling, currency, None)
        self._compare(
            "/wallets/deposit", self._post("/wallets/deposit", body, key, quoting), told, key
        )

    @rule(
        cents=amounts,
        key=keys,
        currency=currencies,
        spelling=spellings,
        quoting=quotings,
        destination=destinations,
    )
    def withdraw(
        self,
        cents: int,
        key: str | None,
        currency: str | None,
        spelling: str,
        quoting: str,
        destination: str,
    ) -> None:
        if destination == PARTNER:
            destination = f"wallet:{self.partner.id}"
        meant = Meant(cents, (currency or "INR").upper(), destination.strip())
        told = self.model.withdraw(meant, key)

        body = self._body(cents, spelling, currency, destination)
        self._compare("/withdrawals", self._post("/withdrawals", body, key, quoting), told, key)

    @rule(amount=st.sampled_from(NO_AMOUNTS), key=keys, path=st.sampled_from(["in", "out"]))
    def ask_nonsense(self, amount: str, key: str | None, path: str) -> None:
        """Which no key remembers."""
        path = "/wallets/deposit" if path == "in" else "/withdrawals"
        destination = ', "destination": "bank-1"' if path == "/withdrawals" else ""

        answer = self._post(path, f'{{"amount": {amount}{destination}}}', key, "{}")

        assert answer.status_code == 400, answer.text

    @rule()
    def copy_outbox(self) -> None:
        """Which nobody sees."""
        copy_outbox(self.person.id)

    @rule()
    def forget_hints(self) -> None:
        """Which nobody sees either."""
        recent.clear()

    @rule(limit=st.integers(1, 5))
    def page_through_withdrawals(self, limit: int) -> None:
        found = self._all_pages(f"/withdrawals?limit={limit}")

        told = [(withdrawal["amountCents"], withdrawal["status"]) for withdrawal in found]
        # Two of one millisecond may come in either order.
        assert sorted(told) == sorted(self.model.withdrawals)

    @rule(limit=st.integers(1, 5))
    def page_through_transactions(self, limit: int) -> None:
        found = self._all_pages(f"/wallets/transactions?limit={limit}")

        assert [entry["amountCents"] for entry in found] == self.model.entries[::-1]

    @rule()
    def read_statement(self) -> None:
        shown = self.person.get("/wallets/statement").get_json()

        assert [entry["amountCents"] for entry in shown["entries"]] == self.model.entries
        assert shown["openingBalanceCents"] == 0
        assert shown["closingBalanceCents"] == sum(self.model.entries)

    @invariant()
    def balance_is_the_models(self) -> None:
        assert self.person.balance() == self.model.balance_cents

    @invariant()
    def the_partner_has_what_was_sent(self) -> None:
        assert self.partner.balance() == self.model.sent_cents

    def _body(self, cents: int, spelling: str, currency: str | None, to: str | None) -> str:
        members = {"currency": currency, "destination": to}
        rest = "".join(f", {json.dumps(n)}: {json.dumps(v)}" for n, v in members.items() if v)
        return f'{{"amount": {spelling.format(cents / 100)}{rest}}}'

    def _post(self, path: str, body: str, key: str | None, quoting: str) -> TestResponse:
        headers = self.person.headers(None if key is None else quoting.format(key))
        headers["Content-Type"] = "application/json"
        return self.client.post(path, data=body, headers=headers)

    def _compare(self, path: str, answer: TestResponse, told: Told, key: str | None) -> None:
        body = answer.get_json()
        assert told == Told(
            answer.status_code,
            body.get("balanceCents"),
            body.get("code"),
            answer.headers.get("Idempotent-Replayed") == "true",
            body.get("limit"),
        ), answer.text
        body.pop("requestId", None)
        if told.replayed:
            assert body == self.bodies[path, key]
        elif told.status in (200, 201) or told.code in STORED:
            self.bodies[path, key] = body

    def _all_pages(self, first: str) -> list[dict[str, Any]]:
        page = self.person.get(first).get_json()
        found = page["data"]
        while page["hasMore"]:
            path = first.partition("?")[0]
            page = self.person.get(f"{path}?limit=2&cursor={page['nextCursor']}").get_json()
            found += page["data"]
        return found


def test_the_service_answers_as_its_model(client: FlaskClient) -> None:
    Beside.client = client

    run_state_machine_as_test(
        Beside,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
