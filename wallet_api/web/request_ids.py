"""Ids of requests: they say neither how many requests there are, nor what the next id will be."""

import os

_BYTES = 10
"""Of an id. Of a thousand million requests, two share one with a probability of 1 to 2 million."""

AT_ONCE = 256
"""Ids that one call of the system makes: a call for each took four times as long."""

_ready: list[str] = []

# A fork would give the same ids as its parent, which keeps them.
os.register_at_fork(after_in_child=_ready.clear)


def new_id() -> str:
    """Twenty hexadecimal digits. Safe among threads."""
    try:
        return _ready.pop()
    except IndexError:
        return _make()


def _make() -> str:
    digits = os.urandom(_BYTES * AT_ONCE).hex()
    first, *others = (
        digits[start : start + 2 * _BYTES] for start in range(0, len(digits), 2 * _BYTES)
    )
    _ready.extend(others)
    return first
