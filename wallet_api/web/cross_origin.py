"""Which pages of other origins may call the service (CORS): none, unless a setting names them."""

import re
from collections.abc import Sequence

from flask import Flask, Response
from flask_cors import CORS

from wallet_api.web.headers import RATE_LIMIT_HEADERS
from wallet_api.web.idempotency_key import REPLAYED_HEADER

ALLOWED = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID")
"""What a page may send, beside what every page may. Not On-Behalf-Of: it goes with a back end's
key, and a key that is in a page is everybody's."""

EXPOSED = (
    REPLAYED_HEADER,
    "X-Request-Id",
    "Retry-After",
    # Each by name: a wildcard is a name like any where older browsers read it.
    *RATE_LIMIT_HEADERS,
)
"""What a page may read, beside what every page may."""

PREFLIGHT_SECONDS = 600
"""How long a browser remembers what it may send, and so keeps to a setting that has changed."""


def install(app: Flask, origins: Sequence[str]) -> None:
    """Answer pages of these origins, and their preflights; where there are none, do nothing.

    Never with credentials: a token is sent by the page itself, and no cookie says who calls.
    """
    if not origins:
        return
    CORS(
        app,
        # As patterns: Flask-CORS would take an IPv6 address for one.
        origins=[re.compile(rf"{re.escape(origin)}\Z") for origin in origins],
        methods=["GET", "HEAD", "POST", "PATCH"],
        allow_headers=list(ALLOWED),
        expose_headers=list(EXPOSED),
        max_age=PREFLIGHT_SECONDS,
        supports_credentials=False,
        always_send=False,
        vary_header=False,
    )
    app.after_request(_vary)


def _vary(response: Response) -> Response:
    """Also where nothing was allowed: a cache must not give that answer to a page that may."""
    response.vary.add("Origin")
    return response
