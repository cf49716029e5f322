"""What a protocol of the gateway must be able to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wallet_api.payouts.simulator.views import View
from wallet_api.payouts.simulator.wire.messages import Reply, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A callback as it is sent, again without a change if it is not taken."""

    path: str
    headers: dict[str, str]
    body: bytes


class Speaks(Protocol):
    name: str

    def answer(self, request: Request) -> Reply | None:
        """None: the path is not the protocol's."""

    def letter(self, view: View, event_id: str, at: datetime, secret: str) -> Letter:
        """A callback about the view. `secret`: right, old or wrong."""

    def secrets(self) -> tuple[str, str]:
        """The right one and the one of before."""
