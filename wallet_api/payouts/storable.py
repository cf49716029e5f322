"""What of an adapter's answer cannot be stored: MongoDB refuses the whole update for one member."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bson import encode
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from bson.errors import BSONError

from wallet_api.payouts.gateway import Answer

TEXTS = (
    *("reference", "currency", "gateway_reference", "trace"),
    *("reason", "description", "source", "trouble", "needs_review"),
)
NUMBERS = ("amount_cents", "fee_cents")

MOST_BYTES = 64 * 1024
"""Of one member: the whole withdrawal must stay below MongoDB's 16 MiB, and quick to read."""
MOST_LEVELS = 50
"""MongoDB takes 100 of a whole document."""
LONGEST_WAIT_SECONDS = timedelta(days=366).total_seconds()

_AS_STORED: CodecOptions[dict[str, Any]] = CodecOptions(
    uuid_representation=UuidRepresentation.STANDARD
)


def unstorable(answer: Answer) -> str | None:
    """The name of a member that neither MongoDB nor our schema takes; None: all can be stored."""
    for name in TEXTS:
        if not _is_none_or(str, getattr(answer, name)):
            return name
    for name in NUMBERS:
        if not _is_none_or(int, getattr(answer, name)):
            return name
    wait = answer.retry_after_seconds
    if wait is not None and not abs(wait) <= LONGEST_WAIT_SECONDS:  # nor where it is no number
        return "retry_after_seconds"
    if not isinstance(answer.state, Mapping) or not _fits(dict(answer.state)):
        return "state"
    return None


def _is_none_or(kind: type, value: Any) -> bool:
    return value is None or (isinstance(value, kind) and _fits(value))


def _fits(value: Any) -> bool:
    try:
        return len(encode({"": value}, codec_options=_AS_STORED)) <= MOST_BYTES and _is_flat(value)
    except (BSONError, OverflowError, RecursionError, TypeError, ValueError):
        return False


def _is_flat(value: Any, levels: int = MOST_LEVELS) -> bool:
    if isinstance(value, Mapping):
        return levels > 0 and all(_is_flat(each, levels - 1) for each in value.values())
    if isinstance(value, list | tuple):
        return levels > 0 and all(_is_flat(each, levels - 1) for each in value)
    return True
