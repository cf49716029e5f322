"""The door of every view that belongs to a user."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from wallet_api.auth.tokens import caller_of
from wallet_api.errors import Unauthenticated
from wallet_api.web.request_context import USER_ID

View = Callable[..., Any]


def login_required(view: View) -> View:
    """Let the view run for the user of the bearer token, whom it finds as `g.caller`.

    No round trip: the wallet says whether the user is active and the login has not been ended, and
    is read anyway.

    The view raises Unauthenticated: there is no such token.
    """

    @wraps(view)
    def guarded(*args: Any, **path: Any) -> Any:
        environ = request.environ
        g.caller = caller_of(_bearer_token(environ.get("HTTP_AUTHORIZATION", "")))
        environ[USER_ID] = g.caller.user
        return view(*args, **path)

    guarded.needs_login = True  # type: ignore[attr-defined]
    return guarded


def _bearer_token(header: str) -> str:
    """The token of `Bearer <token>`, whatever the case of the scheme (RFC 7235, section 2.1).

    Two such headers reach us joined by a comma, which no token contains.
    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    return token.lstrip(" ")
