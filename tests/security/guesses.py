"""Logins and registrations as somebody who guesses would send them."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from bson import ObjectId
from flask import Flask

from wallet_api import errors
from wallet_api.auth import service as auth
from wallet_api.auth import throttle
from wallet_api.config import settings
from wallet_api.users import service as users

PASSWORD = "correct horse battery staple"


def registered(email: str = "ada@example.com") -> ObjectId:
    return users.register("Ada", "Lovelace", email, PASSWORD)


def answers_of(times: int, call: Callable[[int], object]) -> Counter[str]:
    """What so many calls at once come to: the names of what they return or raise."""

    def outcome(number: int) -> str:
        try:
            return type(call(number)).__name__
        except errors.Refusal as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(times) as threads:
        return Counter(threads.map(outcome, range(times)))


def throttled_at(monkeypatch: pytest.MonkeyPatch, tries: int = 10, **limits: int) -> None:
    fewer = replace(settings(), login_tries=tries, **limits)
    monkeypatch.setattr(throttle, "settings", lambda: fewer)


def reserve(email: str, address: str, *, known_address: bool = False) -> throttle.Try:
    return throttle.reserve_login(email, throttle.network_of(address), known_address=known_address)


def guess(email: str, address: str) -> str:
    """What a wrong password is answered with: the name of the refusal."""
    with pytest.raises(errors.Refusal) as refused:
        auth.log_in(email, "wrong", address)
    return type(refused.value).__name__


def log_in_from(app: Flask, address: str, email: str = "ada@example.com") -> None:
    with app.app_context():
        auth.log_in(email, PASSWORD, address)


def registration(number: int = 0) -> dict[str, str]:
    return {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": f"p{number}@example.com",
        "password": PASSWORD,
    }
