"""What a protocol asks of the gateway, and what it is told to answer."""

from dataclasses import dataclass, field
from enum import Enum, auto

from wallet_api.payouts.simulator.script import Manner
from wallet_api.payouts.simulator.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A submission that its protocol has understood."""

    protocol: str
    key: str
    reference: str
    amount_minor: int
    currency: str
    destination: str
    body: bytes
    """To see whether another body comes with the same key."""
    asked: dict[str, object] = field(default_factory=dict)
    poverty_sticks: bool = False
    """Whether a balance that is too low declines the payout, instead of refusing the request."""


class Refusal(Enum):
    ANOTHER_BODY = auto()
    CONFLICT = auto()
    NOT_FOUND = auto()
    TOO_LATE = auto()


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer is made of: views or a refusal, and how the answer goes wrong."""

    views: tuple[View, ...] = ()
    refusal: Refusal | None = None
    manner: Manner | None = None
