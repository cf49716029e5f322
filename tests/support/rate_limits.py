"""Rate limits in the test's own process, and what an answer tells of them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest
from limits import parse

from wallet_api.rate_limits import in_force
from wallet_api.rate_limits.counts import Count, Limiter

Limit = Callable[..., None]


def limiter(rate: str, exchange_soon: Callable[[Count], None] = lambda count: None) -> Limiter:
    return Limiter("user", parse(rate), exchange_soon)


def set_limits(
    monkeypatch: pytest.MonkeyPatch, *, user: str | None = None, address: str | None = None
) -> None:
    """For this test, with nothing counted yet."""
    monkeypatch.setattr(in_force, "per_user", limiter(user) if user else None)
    monkeypatch.setattr(in_force, "per_address", limiter(address) if address else None)


class Told(NamedTuple):
    status: int
    limit: int
    left: int
    reset: int


def told(status: int, headers: Mapping[str, str]) -> Told:
    """KeyError: the answer tells of no limit."""
    numbers = (int(headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))
    return Told(status, *numbers)
