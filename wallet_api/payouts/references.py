"""The reference of a payout: what the gateway knows it by, and its idempotency key there.

Letters and digits only: it fits the fields of every gateway, and no spreadsheet takes it for a
number.
"""

import re

from bson import ObjectId

PREFIX = "wd"

_FORM = re.compile(PREFIX + r"([0-9a-f]{24})(?:a[1-9]\d{0,3})?")


def reference_of(withdrawal: ObjectId, number: int = 1) -> str:
    """`wd67bc3e205d1e4a2b9c8d7e70`, and with `a2` behind it for the second."""
    return f"{PREFIX}{withdrawal}" + (f"a{number}" if number > 1 else "")


def withdrawal_of(reference: str) -> ObjectId | None:
    """None: it is no reference of ours."""
    found = _FORM.fullmatch(reference)
    return ObjectId(found[1]) if found else None
