"""Amounts as Mongoose wrote them: whole numbers, beyond 32 bits as floating-point ones."""

from typing import Any

EXACT = 2**53
"""From here on a JavaScript number does not tell every whole number from the next."""


def whole_cents(value: Any) -> int | None:
    """Minor units, exactly; None: no whole number of at least zero, or not certainly this one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value < EXACT or value != int(value):
        return None
    return int(value)
