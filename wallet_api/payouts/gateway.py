"""What a gateway must be able to do: the port through which money leaves the service."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal, Protocol, runtime_checkable

from wallet_api.payouts.destinations import Kind


class Verdict(StrEnum):
    """What a gateway has said of a payout. The adapter translates; the domain decides."""

    ACCEPTED = "accepted"
    """It has the payout and is at work on it; or it says a word that the adapter does not know."""
    SETTLED = "settled"
    """The money is with the recipient."""
    DECLINED = "declined"
    """It was not paid, and will not be."""
    RETURNED = "returned"
    """It was paid, and has come back."""
    NOT_TAKEN = "not_taken"
    """The gateway has certainly not executed *this request*, for a reason of ours: a key that it
    refuses, too many requests, too little money in our account there. No decline: try later."""
    NOT_FOUND = "not_found"
    """It knows no such payout, or not yet."""
    UNKNOWN = "unknown"
    """No answer, or none that can be believed: the money may be on its way."""


NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    verdict: Verdict
    reference: str | None = None
    """Ours, as the gateway repeats it; None: it does not."""
    amount_cents: int | None = None
    """Minor units, as the gateway repeats them; None: it does not."""
    currency: str | None = None
    gateway_reference: str | None = None
    """By which the gateway calls the payout."""
    trace: str | None = None
    """By which the banks call it: a UTR, an end-to-end id."""
    fee_cents: int | None = None
    """Minor units, taken from our account with the gateway and never from the amount."""
    reason: str | None = None
    """The gateway's own code for why."""
    description: str | None = None
    """The same in words, for people."""
    source: str | None = None
    """Who has caused it: the bank, the gateway, us."""
    trouble: str | None = None
    """On the way to the gateway, in words for operators: it may name hosts. No user sees it."""
    retry_after_seconds: float | None = None
    reference_is_spent: bool = False
    """Of NOT_TAKEN: the gateway answers this reference the same for ever, so that the next try
    needs another one."""
    needs_review: str | None = None
    """Why a person must look at it, whatever the verdict: two payouts of one reference, say."""
    state: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """What the adapter needs at its next step with this payout: `Payout.state` from then on."""

    def __post_init__(self) -> None:
        if self.reference_is_spent and self.verdict is not Verdict.NOT_TAKEN:
            raise ValueError("Only of a request that was not taken can the reference be spent.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What a gateway is asked to pay."""

    reference: str
    """`wd`, the withdrawal's 24 hexadecimal digits, and `a2`, `a3` ... where an earlier reference
    was spent. The gateway's idempotency key."""
    amount_cents: int
    """Minor units."""
    currency: str
    destination: str
    """As the user wrote it; `destinations.parse` takes it apart."""
    created_at: datetime
    gateway_reference: str | None = None
    """None: not known yet."""
    earlier_references: tuple[str, ...] = ()
    """All of them spent, the first one first."""
    state: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the domain must know of a gateway."""

    name: str
    currencies: frozenset[str] | None
    """None: all."""
    destinations: frozenset[Kind]
    key_life: timedelta
    """How long the gateway knows a reference at least. After that the same one would pay again, so
    that nothing is submitted any more."""
    not_found_is_final_after: timedelta | None
    """So long after the last submission began, a payout that is not found will never be made.
    None: one never knows."""
    per_second: float | None = None
    """How many requests a worker may send; None: as many as it can."""
    can_inquire: bool = True
    """False: only callbacks tell what became of a payout, and they are believed."""


Member = Literal["amount", "currency", "destination"]


class CannotPay(Exception):
    """The gateway could never pay this: the message tells the user why, and `member` what to change
    of the request."""

    def __init__(self, message: str, member: Member = "destination") -> None:
        super().__init__(message)
        self.member = member


class Forged(Exception):
    """A callback that the gateway has not sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a callback tells."""

    id: str
    reference: str
    occurred_at: datetime | None
    answer: Answer


@runtime_checkable
class Gateway(Protocol):
    """An adapter. Its methods are called by several threads at once.

    Neither `submit` nor `inquire` raises for what the other side does or fails to do: that is an
    Answer, UNKNOWN at worst. Whatever they raise is taken as UNKNOWN, and logged as a defect.
    """

    @property
    def traits(self) -> Traits: ...

    def check(self, amount_cents: int, currency: str, destination: str) -> None:
        """Raises CannotPay: the gateway could not pay this. No request; before the debit."""

    def submit(self, payout: Payout) -> Answer:
        """Ask for the payout. The same reference within its life is never paid twice."""

    def inquire(self, payout: Payout) -> Answer:
        """What has become of it. Never asks for it to be paid."""

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> Sequence[Event]:
        """What a callback tells. `headers`: their names in lower case. Raises Forged."""

    def close(self) -> None:
        """Let go of its connections."""


@runtime_checkable
class Lists(Protocol):
    """A gateway that can list its own payouts, for reconciliation."""

    def payouts_between(self, since: datetime, until: datetime) -> Iterator[Answer]:
        """Those made from `since` until before `until`, each with its reference and amount.

        Raises OSError: the gateway cannot be asked now.
        """
