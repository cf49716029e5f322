"""What an author tells of a gateway's protocol, so that a hostile gateway can speak it."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wallet_api.payouts.conformance.acts import Request, Response
from wallet_api.payouts.gateway import Verdict


@dataclass(frozen=True, slots=True)
class Sample:
    """Something to pay."""

    amount_cents: int
    currency: str
    destination: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the gateway says of a payout."""

    word: str
    reference: str
    amount_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class Callback:
    headers: Mapping[str, str]
    """Their names in lower case."""
    body: bytes


class Double(ABC):
    """Subclass it. What has a default is for gateways that can do it."""

    payable: Sample
    unpayable: Sequence[Sample] = ()
    """What `check` must refuse."""
    words: Mapping[Verdict, str]
    """The gateway's own for ACCEPTED, SETTLED, DECLINED, and RETURNED where it has one."""
    callback_tolerance: timedelta | None = None
    """Between the time in a callback's signature and ours; None: the signature has no time."""

    @abstractmethod
    def answer(self, said: Said) -> Response:
        """To a submission that it has taken."""

    def found(self, said: Said) -> Response:
        """To an inquiry. The same, unless it is written."""
        return self.answer(said)

    @abstractmethod
    def key_of(self, request: Request) -> str | None:
        """The idempotency key of a submission; None: the request is no submission."""

    def not_found(self) -> Response | None:
        """To an inquiry. None: the gateway never says so."""
        return None

    def two_found(self, one: Said, other: Said) -> Response | None:
        """To an inquiry by a reference. None: the gateway answers with one at most."""
        return None

    def callback(
        self, said: Said, event_id: str, at: datetime, *, forged: bool = False
    ) -> Callback | None:
        """As the gateway signs it; forged: with a secret of somebody else. None: it sends none."""
        return None


def in_json(status: int, body: Any, **headers: str) -> Response:
    return Response(status, json.dumps(body).encode(), headers)
