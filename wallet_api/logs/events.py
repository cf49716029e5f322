"""Events by name, with members that a machine can read."""

import logging
from typing import Any

_log = logging.getLogger("wallet_api")


def event(name: str, message: str, level: int = logging.INFO, **members: Any) -> None:
    """Log that something has happened to somebody. `members` hold no personal data.

    In JSON each of them is a member of its own, in camelCase. The request in which it happened,
    if any, is added.
    """
    _log.log(level, message, extra={"event": name, **members}, stacklevel=2)
