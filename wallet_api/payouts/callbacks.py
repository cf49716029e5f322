"""A gateway's callbacks: a wake-up and no verdict, where the gateway can be asked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.kinds import WithdrawalStatus
from wallet_api.errors import InvalidSignature, NotFound, Unavailable
from wallet_api.logs import event
from wallet_api.payouts import queue, record
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.change import MOST_TRIES
from wallet_api.payouts.gateway import Event, Forged, Gateway
from wallet_api.payouts.references import withdrawal_of
from wallet_api.payouts.refunds import pay_back
from wallet_api.payouts.transitions import CAME_BACK, ENDS, change_by


def receive(name: str, headers: Mapping[str, str], body: bytes) -> None:
    """Take note of what the gateway tells. One round trip for each event.

    However often, in whatever order and how late it comes: it makes a worker ask the gateway, and
    the answer decides. Of a gateway that cannot be asked, the callback itself decides: two round
    trips, and those of a refund.

    Raises NotFound: no such gateway is configured; InvalidSignature.
    """
    try:
        gateway = registry.for_callbacks(name)
    except registry.NotConfigured:
        raise NotFound("No such gateway.") from None
    now = clock.now()
    try:
        events = gateway.parse_callback(headers, body, now)
    except Forged as forged:
        raise InvalidSignature(str(forged) or None) from None
    for each in events:
        if gateway.traits.can_inquire:
            wake(gateway, each, now)
        elif not believe(gateway, each, now):
            event("callback_of_nothing_ours", f"{name} tells of a payout that is not ours")


def wake(gateway: Gateway, told: Event, now: datetime) -> None:
    """Nothing is to be asked where the withdrawal has ended so already, or is none of ours."""
    withdrawal = withdrawal_of(told.reference)
    if withdrawal is None:
        return
    verdict = told.answer.verdict
    ended = WithdrawalStatus.FAILED if verdict in CAME_BACK else WithdrawalStatus.SUCCESS
    name = gateway.traits.name
    queue.wake(withdrawal, name, now, ended, verdict if verdict in ENDS else None)


def believe(gateway: Gateway, told: Event, now: datetime) -> bool:
    """False: it tells of nothing ours. Raises Unavailable: the gateway must tell it again."""
    withdrawal, chosen = withdrawal_of(told.reference), settings().payouts
    for _ in range(MOST_TRIES):
        found = record.read(withdrawal) if withdrawal is not None else None
        if found is None or found.gateway != gateway.traits.name or not found.attempts:
            return False
        change = change_by(found, told.answer, chosen.first_wait, chosen.review_after, now)
        if found.is_open and change.status is None and found.is_in_hand(now):
            change.keep_lease()
        if change.apply(found, now):
            if "refund" in change.to_set:
                pay_back(replace(found, failure_reason=change.to_set["failureReason"]))
            return True
    raise Unavailable
