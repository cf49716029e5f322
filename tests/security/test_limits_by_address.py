"""One address may try only so many logins and registrations, whatever the emails."""

from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.security.guesses import (
    PASSWORD,
    answers_of,
    guess,
    registered,
    registration,
    reserve,
    throttled_at,
)
from wallet_api.auth import service as auth
from wallet_api.config import settings

pytestmark = pytest.mark.usefixtures("app", "within_one_window")


def test_one_address_has_so_many_tries_over_all_emails(monkeypatch: pytest.MonkeyPatch) -> None:
    throttled_at(monkeypatch, login_tries_per_address=20)

    outcomes = answers_of(50, lambda number: reserve(f"p{number}@example.com", "192.0.2.1"))

    assert outcomes == {"Try": 20, "TooManyTries": 30}
    assert reserve("p0@example.com", "192.0.2.2"), "another address has tries of its own"


def test_a_try_that_the_email_refuses_does_not_count_for_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    throttled_at(monkeypatch, 1, login_tries_per_address=3)

    first = [guess("ada@example.com", "192.0.2.1") for _ in range(9)]

    assert Counter(first) == {"InvalidCredentials": 1, "TooManyTries": 8}
    assert guess("eve@example.com", "192.0.2.1") == "InvalidCredentials"


def test_right_passwords_do_not_count_for_their_address(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_at(monkeypatch, login_tries_per_address=2)
    for number in range(5):
        registered(f"p{number}@example.com")

    with app.app_context():
        logins = [auth.log_in(f"p{n}@example.com", PASSWORD, "192.0.2.1") for n in range(5)]

    assert len(logins) == 5


def test_all_addresses_of_one_ipv6_customer_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    throttled_at(monkeypatch, 2)

    outcomes = [guess("ada@example.com", f"2001:db8:1:2::{number:x}") for number in range(4)]
    neighbour = guess("ada@example.com", "2001:db8:1:3::1")

    assert Counter(outcomes) == {"InvalidCredentials": 2, "TooManyTries": 2}
    assert neighbour == "InvalidCredentials"


def test_one_address_registers_so_many_at_once_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    throttled_at(monkeypatch, registrations_per_address=15)

    outcomes = answers_of(30, lambda number: auth.register(registration(number), "192.0.2.1"))
    elsewhere = auth.register(registration(99), "192.0.2.2")

    assert outcomes == {"ObjectId": 15, "TooManyTries": 15}
    assert elsewhere


def test_registering_finds_out_few_emails_that_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    throttled_at(monkeypatch, registrations_per_address=100)
    auth.register(registration(), "192.0.2.9")

    def probe(_: int) -> object:
        return auth.register(registration(), "192.0.2.1")

    outcomes: Counter[str] = sum((answers_of(1, probe) for _ in range(20)), Counter())

    assert outcomes == {"EmailTaken": 5, "TooManyTries": 15}


@pytest.mark.in_process("a setting changes in the process of the test")
def test_a_registration_too_many_is_429_and_says_when_to_come_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_at(monkeypatch, registrations_per_address=1)
    who = {"firstName": "A", "lastName": "B", "password": PASSWORD}

    answers = [
        client.post("/auth/register", json=who | {"email": f"p{number}@example.com"})
        for number in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 429]
    assert answers[1].get_json()["code"] == "too_many_tries"
    assert 1 <= int(answers[1].headers["Retry-After"]) <= settings().login_window_seconds
