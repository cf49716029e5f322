"""An adapter on trial: what it is asked to do, and what the gateway behind it is told to do."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from wallet_api.payouts.conformance.acts import Act, Request, Response
from wallet_api.payouts.conformance.double import Double, Said
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway
from wallet_api.payouts.gateway import Answer, Gateway, Payout, Verdict

DEADLINE_SECONDS = 0.6
GRACE_SECONDS = 0.5
"""For a machine that is busy."""


class Asked(StrEnum):
    SUBMIT = "submit"
    INQUIRE = "inquire"


@dataclass(slots=True)
class Trial:
    adapter: Gateway
    double: Double
    gateway: HostileGateway

    def payout(self) -> Payout:
        """A new one, that the gateway can pay."""
        sample = self.double.payable
        return Payout(
            reference=f"wd{secrets.token_hex(12)}",
            amount_cents=sample.amount_cents,
            currency=sample.currency,
            destination=sample.destination,
            created_at=datetime.now(UTC),
        )

    def said(self, payout: Payout, verdict: Verdict = Verdict.SETTLED) -> Said:
        """The truth of it."""
        return Said(
            word=self.double.words[verdict],
            reference=payout.reference,
            amount_cents=payout.amount_cents,
            currency=payout.currency,
        )

    def response(self, asked: Asked, said: Said) -> Response:
        return self.double.answer(said) if asked is Asked.SUBMIT else self.double.found(said)

    def ask(self, asked: Asked, payout: Payout, *plays: Act) -> Answer:
        """What the adapter makes of a gateway that plays these acts."""
        self.gateway.plays(*plays)
        if asked is Asked.SUBMIT:
            return self.adapter.submit(payout)
        return self.adapter.inquire(payout)

    def ask_in_time(self, asked: Asked, payout: Payout, act: Act) -> Answer:
        began = time.monotonic()
        answer = self.ask(asked, payout, act)
        took = time.monotonic() - began
        assert took < DEADLINE_SECONDS + GRACE_SECONDS, f"it took {took:.2f} s"
        return answer

    def submissions(self) -> Sequence[Request]:
        """That have reached the gateway."""
        return [each for each in self.gateway.requests if self.double.key_of(each) is not None]

    def keys(self) -> list[str | None]:
        return [self.double.key_of(each) for each in self.submissions()]


def another(said: Said, what: str) -> Said:
    """The same with another reference, amount or currency."""
    match what:
        case "reference":
            return replace(said, reference=f"wd{secrets.token_hex(12)}")
        case "amount":
            return replace(said, amount_cents=said.amount_cents * 100)
        case _:
            return replace(said, currency="USD" if said.currency != "USD" else "EUR")
