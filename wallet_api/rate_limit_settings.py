"""The settings of the rate limits, typed and checked: a part of `Settings`."""

from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from environs import Env, EnvError
from limits import RateLimitItem, parse_many

MONGODB = "mongodb"
"""As the store of the rate limits: the service's own database."""


@dataclass(frozen=True, slots=True)
class RateLimitSettings:
    user: RateLimitItem | None
    """Of one user, or of one back end for one user; None: no limit."""
    address: RateLimitItem | None
    """Of one address, where no user is known; None: no limit."""
    store: str = field(repr=False)
    """MONGODB, or the URL of a Redis."""


def read(env: Env) -> RateLimitSettings:
    """Raises EnvError: the message names the setting, and never says a password."""
    return RateLimitSettings(
        user=_rate("RATE_LIMIT_USER", env.str("RATE_LIMIT_USER", "")),
        address=_rate("RATE_LIMIT_ADDRESS", env.str("RATE_LIMIT_ADDRESS", "")),
        store=_store("RATE_LIMIT_STORE", env.str("RATE_LIMIT_STORE", "") or MONGODB),
    )


def _rate(name: str, text: str) -> RateLimitItem | None:
    """Raises EnvError."""
    if not text.strip():
        return None
    with suppress(ValueError):
        rates = parse_many(text)
        if len(rates) == 1 and rates[0].amount > 0:
            return rates[0]
    raise EnvError(
        f"{name}: {text} is no rate. A rate is a whole number above zero of requests, and a time, "
        "such as 600/minute or 5000/hour"
    )


def _store(name: str, text: str) -> str:
    """Raises EnvError, without what may be a password."""
    if text == MONGODB:
        return text
    with suppress(ValueError):
        url = urlsplit(text)
        if url.scheme in ("redis", "rediss") and url.hostname and url.port != 0:
            return text
    raise EnvError(
        f"{name}: must be {MONGODB}, or the URL of a Redis, such as redis://127.0.0.1:6379/0"
    )
