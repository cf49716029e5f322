"""What the tests of tokens and passwords need: settings and a door to open, no database."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask_jwt_extended import jwt_required
from jwt import PyJWS

from tests.security.forgery import USER
from wallet_api import clock
from wallet_api.auth import tokens
from wallet_api.auth.guard import login_required
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.web import problems


@pytest.fixture(autouse=True)
def _a_secret_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """None would be made and kept on disk."""
    monkeypatch.setenv("JWT_SECRET_KEY", "a secret of these tests, and of nobody else")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def within_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a limit on tries would start anew in the midst of a test, once in a while."""
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures were verified since, in order."""
    tokens_verified: list[str] = []
    decode = PyJWS.decode_complete

    def written_down(self: PyJWS, token: str, *args: Any, **options: Any) -> Any:
        tokens_verified.append(token)
        return decode(self, token, *args, **options)

    monkeypatch.setattr(PyJWS, "decode_complete", written_down)
    return tokens_verified


@pytest.fixture
def guarded() -> Flask:
    """An app of two doors, and no database."""
    app = Flask(__name__)
    tokens.configure(app)
    problems.install(app)

    @app.get("/mine")
    @login_required
    def mine() -> str:
        return str(g.caller.user)

    @app.get("/by-the-library")
    @jwt_required()
    def by_the_library() -> str:
        return "open"

    return app


@pytest.fixture
def door(guarded: Flask) -> FlaskClient:
    return guarded.test_client()


@pytest.fixture
def token(guarded: Flask) -> str:
    with guarded.app_context():
        return tokens.issue(Caller(USER))
