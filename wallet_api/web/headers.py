"""Headers that every answer carries."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from wallet_api.web.request_ids import new_id

REQUEST_ID = "wallet_api.request_id"
"""Where the request's id is in the WSGI environment."""

REPEATED = "wallet_api.repeated_headers"
"""Where the server says which headers came more than once: a tuple of names in lower case.

A server that does not say so has joined them with commas, or kept one of them.
"""

STANDING = "wallet_api.standing"
"""Where it says what the client has left of a rate limit, once the request has been counted."""

RATE_LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_LIMIT, _LEFT, _SECONDS_LEFT = RATE_LIMIT_HEADERS

_ACCEPTED = re.compile(r"[\w.:-]{1,64}", re.ASCII)

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AnswerHeaders:
    """Around the whole application, so that no answer lacks them.

    Not in Flask's before_request and after_request, which took four times as long.
    """

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID")
        request_id = given if given is not None and _ACCEPTED.fullmatch(given) else new_id()
        environ[REQUEST_ID] = request_id

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            headers.append(("X-Request-Id", request_id))
            headers.append(("X-Content-Type-Options", "nosniff"))
            # Balances must not be cached (OWASP REST Security Cheat Sheet); assets say otherwise.
            if not any(name.lower() == "cache-control" for name, _ in headers):
                headers.append(("Cache-Control", "no-store"))
            if STANDING in environ:
                limit, left, seconds_left, _ = environ[STANDING]
                headers += (
                    (_LIMIT, str(limit)),
                    (_LEFT, str(left)),
                    (_SECONDS_LEFT, str(seconds_left)),
                )
            return start_response(status, headers, *error)

        return self._app(environ, start)
