"""Nobody elsewhere shuts a user out of where the user has logged in before."""

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask

from tests.security.guesses import (
    answers_of,
    guess,
    log_in_from,
    registered,
    throttled_at,
)
from wallet_api import clock, errors
from wallet_api.auth import known_addresses
from wallet_api.documents.known_addresses import KnownAddresses

pytestmark = pytest.mark.usefixtures("app", "within_one_window")


def test_an_account_under_attack_stays_reachable_from_where_its_owner_has_logged_in(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_at(monkeypatch, 2)
    registered()
    log_in_from(app, "198.51.100.7")

    attack = [guess("ada@example.com", f"203.0.113.{n // 2}") for n in range(24)]

    assert Counter(attack) == {"InvalidCredentials": 20, "TooManyTries": 4}
    log_in_from(app, "198.51.100.7")
    with pytest.raises(errors.TooManyTries):
        log_in_from(app, "198.51.100.8")


def test_an_owner_stays_reachable_beside_somebody_who_guesses_at_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_at(monkeypatch, login_tries_per_address=3)
    registered()
    log_in_from(app, "198.51.100.7")

    for number in range(5):
        guess(f"p{number}@example.com", "198.51.100.7")

    log_in_from(app, "198.51.100.7")


def test_a_known_address_has_no_more_guesses_than_another(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_at(monkeypatch, 3)
    registered()
    log_in_from(app, "198.51.100.7")

    guesses = [guess("ada@example.com", "198.51.100.7") for _ in range(6)]

    assert Counter(guesses) == {"InvalidCredentials": 3, "TooManyTries": 3}


def test_the_owners_logins_give_a_guesser_no_new_tries(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_at(monkeypatch, 3)
    registered()

    guesses = []
    for _ in range(6):
        guesses.append(guess("ada@example.com", "203.0.113.66"))
        log_in_from(app, "198.51.100.7")

    assert Counter(guesses) == {"InvalidCredentials": 3, "TooManyTries": 3}


def test_the_last_ten_addresses_of_a_user_are_known_for_90_days(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered()
    start = clock.now()
    for number in range(12):
        monkeypatch.setattr(clock, "now", lambda n=number: start + timedelta(minutes=n))
        log_in_from(app, f"192.0.2.{number}")

    def known_after(later: timedelta) -> list[int]:
        monkeypatch.setattr(clock, "now", lambda: start + later)
        return [
            number
            for number in range(12)
            if known_addresses.last_login("ada@example.com", f"192.0.2.{number}")
        ]

    assert known_after(timedelta(days=89)) == list(range(2, 12))
    assert known_after(timedelta(days=91)) == []


def test_an_address_in_use_stays_known(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    registered()
    start = clock.now()
    for days in (0, 60, 120):
        monkeypatch.setattr(clock, "now", lambda d=days: start + timedelta(days=d))
        log_in_from(app, "192.0.2.1")

    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=200))

    assert known_addresses.last_login("ada@example.com", "192.0.2.1") == start + timedelta(days=120)
    (stored,) = KnownAddresses._get_collection().find()
    assert len(stored["addresses"]) == 1


def test_logins_at_once_from_a_new_address_note_it_once() -> None:
    answers_of(20, lambda _: known_addresses.remember("ada@example.com", "192.0.2.1", last=None))

    (stored,) = KnownAddresses._get_collection().find()
    assert len(stored["addresses"]) == 1
