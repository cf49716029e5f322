"""What an HTTP status means for the money, the same for every gateway."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from wallet_api import clock
from wallet_api.payouts.adapters.exchange import Reply
from wallet_api.payouts.gateway import Answer, Verdict

NOT_EXECUTED = frozenset({401, 403, 429})
"""Whatever the body says, and whoever says it: the gateway, or a firewall or a proxy before it,
each of which lets the request through or refuses it. None executes it and answers so."""

LONGEST_WAIT = timedelta(hours=1)
"""That a gateway can impose: a revoked key that is repaired is used again within it."""


def not_sent(error: Exception) -> Answer:
    return Answer(verdict=Verdict.NOT_TAKEN, reason="not_connected", description=str(error))


def unknown(reason: str, description: str | None = None, reply: Reply | None = None) -> Answer:
    return Answer(
        verdict=Verdict.UNKNOWN,
        reason=reason,
        description=description,
        retry_after_seconds=retry_after(reply) if reply else None,
    )


def not_executed(reply: Reply, reason: str | None = None, description: str | None = None) -> Answer:
    """Of a reply whose status is one of NOT_EXECUTED."""
    return Answer(
        verdict=Verdict.NOT_TAKEN,
        reason=reason or f"http_{reply.status}",
        description=description,
        retry_after_seconds=retry_after(reply),
    )


def retry_after(reply: Reply) -> float | None:
    """Seconds, from either form of the header (RFC 9110); None where it has neither."""
    text = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,10}", text):
        seconds = float(text)
    else:
        try:
            until = parsedate_to_datetime(text)
            seconds = (_aware(until) - clock.now()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT.total_seconds())


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
