"""An access token opens the door for its user until it expires, and nothing else does."""

import time
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_refresh_token

from tests.security.forgery import HEADER, USER, assert_refused, claims, shown, signed
from wallet_api import clock
from wallet_api.auth import tokens
from wallet_api.auth.guard import login_required
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.errors import Unauthenticated


def test_an_issued_token_opens_the_door_for_its_user(door: FlaskClient, token: str) -> None:
    answers = [shown(door, f"Bearer {token}") for _ in range(2)]

    assert [answer.text for answer in answers] == [str(USER)] * 2


def test_an_issued_token_has_every_claim(token: str) -> None:
    read = jwt.decode(token, options={"verify_signature": False})

    assert {"iss", "aud", "type", "sub", "jti", "iat", "nbf", "exp"} <= read.keys()
    assert read["exp"] - read["iat"] == settings().access_token_seconds


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_as_rfc_7235_has_it(door: FlaskClient, token: str, scheme: str) -> None:
    answer = shown(door, f"{scheme} {token}")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "{token}",
        "Basic {token}",
        "Bearer{token}",
        "Bearer\t{token}",
        "Bearer {token} ",
        "Bearer {token} {token}",
        "Bearer {token},Bearer {token}",
        'Bearer "{token}"',
        "Bearer {token}\xe9",
        "Bearer Bearer {token}",
    ],
)
def test_any_other_header_is_refused(door: FlaskClient, token: str, header: str | None) -> None:
    answer = shown(door, header and header.format(token=token))

    assert answer.status_code == 401


def test_every_refusal_has_the_same_body(door: FlaskClient) -> None:
    expired = signed(HEADER, claims(exp=int(time.time()) - 1))

    answers = [
        shown(door, header) for header in (None, "Bearer x", f"Bearer {expired}", "Basic YTpi")
    ]

    assert len({answer.data for answer in answers}) == 1
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


def test_a_refresh_token_opens_nothing(guarded: Flask, door: FlaskClient) -> None:
    with guarded.app_context():
        refresh = create_refresh_token(str(USER))

    assert_refused(door, refresh)


def test_a_token_ends_when_it_expires_even_if_it_was_seen_before(
    door: FlaskClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown(door, f"Bearer {token}").status_code
    hour = clock.now() + timedelta(seconds=settings().access_token_seconds)

    monkeypatch.setattr(clock, "now", lambda: hour)

    assert (before, shown(door, f"Bearer {token}").status_code) == (200, 401)


def test_the_memory_of_verified_tokens_is_bounded(
    guarded: Flask, verified: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MAX_REMEMBERED", 3)
    with guarded.app_context():
        issued = [tokens.issue(Caller(USER)) for _ in range(5)]

    callers = [tokens.caller_of(token) for token in [*issued, *issued[2:], *issued[:2]]]

    assert callers == [Caller(USER)] * 10
    assert verified == [*issued, *issued[:2]], "the last three, and no more, are remembered"


def test_a_token_is_verified_again_once_there_may_be_a_new_secret(
    guarded: Flask, token: str, verified: list[str]
) -> None:
    tokens.caller_of(token)
    tokens.caller_of(token)

    tokens.configure(Flask("with another secret"))
    tokens.caller_of(token)

    assert verified == [token, token]


@pytest.mark.parametrize(
    "made",
    [
        lambda: "nonsense",
        lambda: signed(HEADER, claims(exp=1)),
        lambda: signed(HEADER, claims(aud="another")),
        lambda: signed(HEADER, claims(type="refresh")),
        lambda: signed(HEADER, claims(sub=1)),
    ],
)
def test_what_the_library_itself_refuses_gets_the_same_answer(
    door: FlaskClient, made: Callable[[], str]
) -> None:
    ours = shown(door, None)

    theirs = door.get("/by-the-library", headers={"Authorization": f"Bearer {made()}"})

    assert (theirs.status_code, theirs.json and theirs.json["code"]) == (401, "unauthenticated")
    assert theirs.headers["WWW-Authenticate"] == ours.headers["WWW-Authenticate"]


def test_verification_takes_less_than_100_microseconds(guarded: Flask) -> None:
    def best(of: list[str]) -> float:
        times = []
        for each in of:
            started = time.perf_counter()
            tokens.caller_of(each)
            times.append(time.perf_counter() - started)
        return min(times)

    with guarded.app_context():
        new = [tokens.issue(Caller(USER)) for _ in range(300)]

    assert best(new) < 100e-6
    assert best(new) < 20e-6, "those it remembers"


def test_the_guard_marks_its_view() -> None:
    assert login_required(lambda: None).needs_login  # type: ignore[attr-defined]


def test_a_refusal_is_an_exception_of_the_domain() -> None:
    with pytest.raises(Unauthenticated):
        tokens.caller_of("")
