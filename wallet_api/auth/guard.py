"""The door of every view that belongs to a user."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from wallet_api.auth.tokens import user_of
from wallet_api.errors import Unauthenticated
from wallet_api.web.request_context import USER_ID

View = Callable[..., Any]


def login_required(view: View) -> View:
    """Let the view run for the user of the bearer token, whose id it finds in `g.user_id`.

    No round trip: the wallet carries the flag of a deactivated user, and is read anyway.

    The view raises Unauthenticated: there is no such token.
    """

    @wraps(view)
    def guarded(*args: Any, **path: Any) -> Any:
        environ = request.environ
        user = user_of(_bearer_token(environ.get("HTTP_AUTHORIZATION", "")))
        g.user_id = environ[USER_ID] = user
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
