"""Whose request counts for which rate limit: a user's, a back end's for a user, or an address's."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import request

from wallet_api.auth.digests import keyed_digest
from wallet_api.auth.throttle import network_of
from wallet_api.callers import Caller
from wallet_api.errors import RateLimited
from wallet_api.rate_limits import in_force
from wallet_api.rate_limits.counts import Limiter
from wallet_api.web.client_address import address_of
from wallet_api.web.headers import STANDING

View = Callable[..., Any]


def limited_by_address(view: View) -> View:
    """Count the request for its address before anything of it is read, on a route without a token.

    The view raises RateLimited. No round trip.
    """

    @wraps(view)
    def limited(*args: Any, **path: Any) -> Any:
        count_address(request.environ)
        return view(*args, **path)

    limited.is_rate_limited = True  # type: ignore[attr-defined]
    return limited


def count_caller(caller: Caller, environ: dict[str, Any]) -> None:
    """To be called once a token is verified, or a stranger would use up the user's requests.

    A back end's requests for a user are no user's: neither shuts the other out. No round trip.

    Raises RateLimited.
    """
    if in_force.per_user is not None:
        client = str(caller.user)
        if caller.backend_key is not None:
            client = f"{caller.backend_key}:{client}"
        _count(in_force.per_user, client, environ)


def count_address(environ: dict[str, Any]) -> None:
    """Raises RateLimited. No round trip."""
    if in_force.per_address is not None:
        network = network_of(address_of(environ))
        _count(in_force.per_address, keyed_digest("requests of an address", network), environ)


def _count(limiter: Limiter, client: str, environ: dict[str, Any]) -> None:
    standing = environ[STANDING] = limiter.count(client)
    if standing.is_refused:
        raise RateLimited(standing.limit, standing.seconds_left)
