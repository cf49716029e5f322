"""A limit on guessing passwords, shared by all processes."""

import hashlib
import math
from datetime import UTC, datetime

from pymongo.errors import DuplicateKeyError

from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.login_attempts import LoginAttempts
from wallet_api.errors import TooManyTries

ADDRESSES_FACTOR = 10
"""So many times login_tries are allowed for one email from all addresses together."""


def reserve_try(email: str, address: str) -> None:
    """Count a try before its password is looked at. One round trip, two where it is refused.

    Before, not after: of a hundred guesses at once, all would otherwise be looked at before the
    first failure is counted. Known and unknown emails count alike. Windows are aligned to the
    clock, so that around the end of one twice as many tries may pass.

    Raises TooManyTries: login_tries from this address, or ten times as many from all, within
    login_window_seconds.
    """
    ends = _window_end()
    tries = LoginAttempts._get_collection()
    counter = f"byAddress.{_digest(address)[:16]}"
    # The limits are in the condition, so that no two processes pass them together; and what is
    # refused counts nothing, so that one document never holds more addresses than tries.
    allowed = {
        "_id": _key(email, ends),
        "total": {"$not": {"$gte": settings().login_tries * ADDRESSES_FACTOR}},
        counter: {"$not": {"$gte": settings().login_tries}},
    }
    count = {
        "$inc": {"total": 1, counter: 1},
        "$setOnInsert": {"expiresAt": datetime.fromtimestamp(ends, UTC)},
    }
    try:
        tries.update_one(allowed, count, upsert=True)
    except DuplicateKeyError:
        # The document is there: another process has just made it, or a limit is reached.
        if not tries.update_one(allowed, {"$inc": count["$inc"]}).matched_count:
            raise TooManyTries(max(1, math.ceil(ends - clock.now().timestamp()))) from None


def forget_tries(email: str) -> None:
    """The user has proved to be the user. One round trip."""
    LoginAttempts._get_collection().delete_one({"_id": _key(email, _window_end())})


def _window_end() -> int:
    """In seconds since 1970."""
    window = settings().login_window_seconds
    return (int(clock.now().timestamp()) // window + 1) * window


def _key(email: str, window_ends: int) -> str:
    return _digest(f"{window_ends} {email}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
