"""What is to be done next with a payout that a worker has taken up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from wallet_api.payouts.gateway import Traits
from wallet_api.payouts.record import Attempt, PayoutRecord
from wallet_api.payouts.references import reference_of


class Do(Enum):
    SUBMIT = auto()
    INQUIRE = auto()
    WAIT = auto()
    """Nothing can be sent, and nobody asked: only a callback or a person can go on."""


@dataclass(frozen=True, slots=True)
class Step:
    do: Do
    reference: str = ""
    is_stored: bool = False
    """Of SUBMIT: the attempt was stored with the claim."""


def next_step(record: PayoutRecord, traits: Traits, lease: timedelta, now: datetime) -> Step:
    """By what is known of its attempts.

    A submission is repeated only while the gateway certainly knows its reference still, or where
    none was executed: else the same key would pay again.
    """
    last = record.attempts[-1]
    if not record.is_open:
        return Step(Do.INQUIRE, last.reference) if traits.can_inquire else Step(Do.WAIT)
    if last.spent:
        return Step(Do.SUBMIT, reference_of(record.id, len(record.attempts) + 1))
    if not last.may_be_taken:
        return Step(Do.SUBMIT, last.reference)
    if last.fence == record.fence and not may_be_forgotten(record, traits, lease, now):
        return Step(Do.SUBMIT, last.reference, is_stored=True)
    if traits.can_inquire:
        return Step(Do.INQUIRE, last.reference)
    if is_known_still(last, traits, lease, now):
        return Step(Do.SUBMIT, last.reference)
    return Step(Do.WAIT)


def may_be_forgotten(record: PayoutRecord, traits: Traits, lease: timedelta, now: datetime) -> bool:
    """Whether its gateway may have paid it and forgotten the reference, had it been sent before.

    Of a record that was set back to pending nothing tells that it had; the gateway does.
    """
    return traits.can_inquire and now - record.created_at >= traits.key_life - lease


def is_known_still(attempt: Attempt, traits: Traits, lease: timedelta, now: datetime) -> bool:
    """Whether the gateway certainly takes a submission under this reference for a repetition.

    Until one lease before the end of its key's life, since one begun now may take so long.
    """
    return now - attempt.at < traits.key_life - lease


def will_never_be_made(attempt: Attempt, traits: Traits, lease: timedelta, now: datetime) -> bool:
    """Whether a payout that is not found now is none for ever.

    One lease later than the gateway says: so late a worker may still have begun to send it.
    """
    after = traits.not_found_is_final_after
    return after is not None and now - attempt.last_at > after + lease


def wait_of(tries: int, first: timedelta, longest: timedelta) -> timedelta:
    """Before the next try: doubles each time. Without jitter."""
    doublings = min(max(tries - 1, 0), 32)
    return min(longest, first * float(2**doublings))
