"""What a limit is called to people, in the past tense, since a replay tells it again."""

from collections.abc import Mapping
from typing import Any

from wallet_api.clock import rfc3339
from wallet_api.money import with_code


def detail(told: Mapping[str, Any], amount_cents: int, currency: str) -> str:
    """Of a withdrawal of so much that this limit has forbidden."""
    asked = f"the request asked for {with_code(amount_cents, currency)}."
    name = told["limit"]
    if name == "count_per_day":
        times = told["limitCount"]
        return f"The limit was {times} withdrawals a day. {_renewal(told)}"
    limit = with_code(told["limitCents"], currency)
    if name == "per_day":
        left = with_code(told["leftCents"], currency)
        return f"The limit was {limit} a day. {left} was left, and {asked} {_renewal(told)}"
    if name == "new_destinations":
        left = with_code(told["leftCents"], currency)
        return (
            f"The destination was new, and the limit for all new ones was {limit} a day. {left} "
            f"was left, and {asked} {_renewal(told)}"
        )
    if name == "minimum":
        return f"The least that could be withdrawn was {limit}, and {asked}"
    return f"The limit for one withdrawal was {limit}, and {asked}"


def _renewal(told: Mapping[str, Any]) -> str:
    return f"The next day begins at {rfc3339(told['renewsAt'])}."
