"""How closely an audit looks."""

from datetime import datetime
from typing import NamedTuple


class Depth(NamedTuple):
    verify_chain: bool
    """Whether every hash is computed again."""
    instants: tuple[datetime, ...] = ()
    """Up to each of them, what was booked is added up. The last one has just passed."""
