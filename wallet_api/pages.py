"""A page of a list that is read newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Position:
    """An item's place in its list; a page starts right behind one."""

    at: datetime
    tie: str
    """Tells items of the same millisecond apart, in the list's own order."""


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[Any]
    end: Position | None
    """Where the next page goes on; None where there is none."""


def page(items: Sequence[Any], limit: int, position: Callable[[Any], Position]) -> Page:
    """The page of `items`, of which one more than `limit` was asked for."""
    if len(items) <= limit:
        return Page(items, None)
    return Page(items[:limit], position(items[limit - 1]))
