"""The door of every view that belongs to a user: the one place where scopes are checked."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g, request

from wallet_api.auth.request_limits import count_address, count_caller
from wallet_api.auth.tokens import caller_of
from wallet_api.backend_keys import known
from wallet_api.backend_keys.scopes import Scope
from wallet_api.backend_keys.secret import PREFIX
from wallet_api.callers import ANY_EPOCH, Caller
from wallet_api.config import settings
from wallet_api.errors import BackEndOnly, MissingScope, Refusal, Unauthenticated, UsersOnly
from wallet_api.users.service import why_unheard
from wallet_api.web.on_behalf_of import refuse_from_user, user_of
from wallet_api.web.request_context import BACKEND_KEY, USER_ID

View = Callable[..., Any]


def login_required(view: View) -> View:
    """Let the view run for the user of the bearer token, whom it finds as `g.caller`.

    No round trip: the wallet says whether the user is active and the login has not been ended, and
    is read anyway.

    The view raises Unauthenticated: there is no such token; InvalidOnBehalfOf; UsersOnly: the token
    is the key of a back end, which no scope lets in here; RateLimited.
    """
    return _guarded(view, None)


def user_or_back_end(scope: Scope) -> Callable[[View], View]:
    """The same, and let back ends in whose key has the scope, for the user of On-Behalf-Of.

    Whether the user is active, the wallet says to them too; a user's logins are no concern of
    theirs. No round trip, but for those of `known.key_of`; and one more once the wallet has refused
    a back end, to tell it why.

    The view raises MissingScope besides, and UserUnavailable: no such user, or a deactivated one;
    BackEndOnly: of deposits, where DEPOSITS=backend and the token is a user's.
    """
    return lambda view: _guarded(view, scope)


def _guarded(view: View, scope: Scope | None) -> View:
    @wraps(view)
    def guarded(*args: Any, **path: Any) -> Any:
        environ = request.environ
        caller = g.caller = _counted_caller(scope, environ)
        if caller.backend_key is not None:
            return _for_a_back_end(view, args, path)
        refuse_from_user(environ)
        if scope is Scope.DEPOSITS and settings().deposits == "backend":
            raise BackEndOnly
        return view(*args, **path)

    guarded.needs_login = True  # type: ignore[attr-defined]
    guarded.scope = scope  # type: ignore[attr-defined]
    guarded.is_rate_limited = True  # type: ignore[attr-defined]
    return guarded


def _counted_caller(scope: Scope | None, environ: dict[str, Any]) -> Caller:
    """Who asks. The request counts for the caller, or where there is none for its address.

    Raises RateLimited, and what the view raises where there is no caller.
    """
    try:
        token = _bearer_token(environ.get("HTTP_AUTHORIZATION", ""))
        if token.startswith(PREFIX):
            caller = caller_of_back_end(token, scope, environ)
        else:
            caller = caller_of(token)
            environ[USER_ID] = caller.user
    except Refusal:
        count_address(environ)
        raise
    count_caller(caller, environ)
    return caller


def caller_of_back_end(secret: str, scope: Scope | None, environ: dict[str, Any]) -> Caller:
    key = known.key_of(secret)
    if key is None:
        raise Unauthenticated
    # Before it is refused too: whoever reads the log must learn which key does not work any more.
    environ[BACKEND_KEY] = key.name
    if not key.is_good:
        raise Unauthenticated
    if scope is None:
        raise UsersOnly
    if scope not in key.scopes:
        raise MissingScope(scope)
    user = user_of(environ)
    environ[USER_ID] = user
    return Caller(user, ANY_EPOCH, backend_key=key.name)


def _for_a_back_end(view: View, args: tuple[Any, ...], path: dict[str, Any]) -> Any:
    try:
        return view(*args, **path)
    except Unauthenticated:
        # The key is good: it is the user whom the wallet does not hear.
        raise why_unheard(g.caller.user) from None


def _bearer_token(header: str) -> str:
    """The token of `Bearer <token>`, whatever the case of the scheme (RFC 7235, section 2.1).

    Two such headers reach us joined by a comma, which no token contains.
    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    return token.lstrip(" ")
