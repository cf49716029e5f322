"""What an HTTP status means for the money, the same for every gateway."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from wallet_api import clock
from wallet_api.payouts.adapters import strict_json
from wallet_api.payouts.adapters.exchange import Reply
from wallet_api.payouts.adapters.strict_json import Malformed
from wallet_api.payouts.gateway import Answer, Verdict

NOT_EXECUTED = frozenset({401, 403, 429})
"""Whatever the body says, and whoever says it: the gateway, or a firewall or a proxy before it,
each of which lets the request through or refuses it. None executes it and answers so."""

LONGEST_WAIT = timedelta(hours=1)
"""That a gateway can impose: a revoked key that is repaired is used again within it."""


def not_sent(error: Exception) -> Answer:
    return Answer(verdict=Verdict.NOT_TAKEN, reason="not_connected", trouble=str(error))


def unknown(reason: str, trouble: str | None = None) -> Answer:
    return Answer(verdict=Verdict.UNKNOWN, reason=reason, trouble=trouble)


def several(found: str) -> Answer:
    return Answer(verdict=Verdict.UNKNOWN, reason="several_found", needs_review=f"Found: {found}.")


def refused(reply: Reply) -> Answer:
    """Of a status that is no answer about a payout. Its body explains, and decides nothing."""
    reason, description = _why(reply)
    return Answer(
        verdict=Verdict.NOT_TAKEN if reply.status in NOT_EXECUTED else Verdict.UNKNOWN,
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


def _why(reply: Reply) -> tuple[str | None, str | None]:
    """The reason and its description: members of the body, or of its `error`."""
    try:
        body = strict_json.read_object(reply.body)
        why = body if body.any("error") is None else body.object("error")
        return (
            why.optional_text("reason") or why.optional_text("code"),
            why.optional_text("description"),
        )
    except Malformed:
        return None, None


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
