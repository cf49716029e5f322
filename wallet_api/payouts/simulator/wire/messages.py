"""A request as it was read, and a reply as it is to be sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any
from urllib.parse import parse_qs, unquote


@dataclass(slots=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    """Their names in lower case."""
    body: bytes

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        """Of a member that is repeated, the last value."""
        pairs = parse_qs(self.target.partition("?")[2], keep_blank_values=True)
        return {name: values[-1] for name, values in pairs.items()}

    def json(self) -> dict[str, Any] | None:
        """None: the body is no JSON object."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class Sending(Enum):
    WHOLE = auto()
    HALF = auto()
    """As much of the body, and then the end."""
    CLOSE = auto()
    """Nothing at all."""
    DRIP = auto()
    """A byte each half second."""
    ENDLESS = auto()
    """`body` again and again, until 1 GB is sent; never held in memory."""


@dataclass(slots=True)
class Reply:
    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    wait_seconds: float = 0.0
    """Before the first byte."""
    sending: Sending = Sending.WHOLE
    repetitions: int = 1
    """Of `body`, where it is sent again and again."""


def json_reply(status: int, value: object) -> Reply:
    return Reply(status, json.dumps(value, separators=(",", ":")).encode())
