"""The request that a thread is at, for the lines that are logged meanwhile."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from flask import request

from wallet_api import round_trips
from wallet_api.web.client_address import address_of
from wallet_api.web.headers import REQUEST_ID, WsgiApp

USER_ID = "wallet_api.user_id"
BACKEND_KEY = "wallet_api.backend_key"
"""The name of the back end's key, never its secret."""
RULE = "wallet_api.rule"
"""The route, as it is written at its view: no part of the path."""
CODE = "wallet_api.code"
"""Of the problem that it is answered with."""
BODY = "wallet_api.body"
"""The JSON that the client has sent, decoded."""


class _Current(threading.local):
    environ: dict[str, Any] | None = None


_current = _Current()


class RequestContext:
    """Around the application, within the headers of its answers."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        _current.environ = environ
        round_trips.begin()
        return self._app(environ, start_response)


def note_rule() -> None:
    """To be called before each request: Flask has forgotten it when the line is written."""
    current = request
    current.environ[RULE] = current.url_rule


def end() -> None:
    """The request is answered: what the thread logs from here on is no longer of it."""
    _current.environ = None


def put_aside() -> tuple[dict[str, Any] | None, int]:
    """The thread leaves its request, which goes on later: what `take_up` needs."""
    environ = _current.environ
    end()
    return environ, round_trips.so_far()


def take_up(aside: tuple[dict[str, Any] | None, int]) -> None:
    """This thread goes on with a request that some thread has put aside."""
    _current.environ, trips = aside
    round_trips.go_on_from(trips)


def members() -> dict[str, Any]:
    """What a line says of the request. Nothing outside of one."""
    environ = _current.environ
    if environ is None:
        return {}
    known = {"requestId": environ.get(REQUEST_ID), "client": address_of(environ)}
    if USER_ID in environ:
        known["userId"] = str(environ[USER_ID])
    if BACKEND_KEY in environ:
        known["backendKey"] = environ[BACKEND_KEY]
    return known


def sent_values() -> Iterator[tuple[str, str]]:
    """Every text that the client has sent, with the name of its member."""
    environ = _current.environ
    if environ is None:
        return
    yield "token", environ.get("HTTP_AUTHORIZATION", "").rpartition(" ")[2]
    key = environ.get("HTTP_IDEMPOTENCY_KEY", "")
    yield from (("idempotencyKey", key), ("idempotencyKey", key.strip('"')))
    yield from parse_qsl(environ.get("QUERY_STRING", ""))
    yield from _texts_of("body", environ.get(BODY))


def _texts_of(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield from ((name, value), (name, value.strip()))
    elif isinstance(value, dict):
        for member, inner in value.items():
            yield from _texts_of(str(member), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_of(name, inner)
