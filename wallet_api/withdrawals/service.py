"""What a user can do with withdrawals: request one, and look them up."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from bson import ObjectId
from bson.errors import InvalidId

from wallet_api.callers import Caller
from wallet_api.clock import in_utc
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import IdempotencyKeyReused, InvalidInput, NotFound
from wallet_api.money import Asked
from wallet_api.movements import Order, Receipt, post, replay, settled
from wallet_api.movements.wallets import currency_of
from wallet_api.pages import Page, Position, page
from wallet_api.payouts import at_once
from wallet_api.payouts.cancel import cancel as cancel_payout
from wallet_api.payouts.choice import gateway_for, recipient_of
from wallet_api.payouts.destinations import TO_A_WALLET, WALLET


def request(
    caller: Caller, asked: Asked, currency: str | None, destination: str, key: str | None
) -> Receipt:
    """Take what is asked for out of the caller's wallet. Round trips: those of movements.post; for
    a transfer to another wallet, those of payouts.at_once too.

    Raises InvalidAmount, UnknownCurrency, InvalidInput (it could not be paid: before that, those of
    movements.replay where there is a key) and what movements.post raises.
    """
    currency = currency or currency_of(caller)
    amount_cents = asked.in_minor_units(currency)
    is_transfer = destination.startswith(TO_A_WALLET)
    order = partial(
        Order,
        caller.user,
        MovementKind.TRANSFER_OUT if is_transfer else MovementKind.WITHDRAWAL,
        -amount_cents,
        currency,
        key,
        destination,
        epoch=caller.epoch,
        backend_key=caller.backend_key,
    )
    try:
        if is_transfer:
            recipient = recipient_of(destination, caller.user)
            return at_once.done(caller.user, post(order(gateway=WALLET, counterpart=recipient)))
        gateway = gateway_for(amount_cents, currency, destination, asked.member)
        return post(order(gateway=gateway))
    except InvalidInput as cannot_be_paid:
        return _answered_before(order(), asked, cannot_be_paid)
    except IdempotencyKeyReused as reused:
        raise reused.calling("amount", asked.member) from None


def _answered_before(order: Order, asked: Asked, cannot_be_paid: InvalidInput) -> Receipt:
    """Whether it can be paid is asked of new withdrawals alone: one whose key was sent before the
    gateway was another, or was there at all, gets its first answer."""
    try:
        earlier = replay(order)
    except IdempotencyKeyReused as reused:
        raise reused.calling("amount", asked.member) from None
    if earlier is None:
        raise cannot_be_paid
    return earlier


class StatusChange(NamedTuple):
    status: str
    at: datetime


class StatusDetails(NamedTuple):
    """What the gateway says, in its own words."""

    reason: str | None
    source: str | None
    description: str | None


class Attempt(NamedTuple):
    """One reference under which the gateway was asked to pay."""

    reference: str
    at: datetime


class WithdrawalRecord(NamedTuple):
    """A withdrawal as its user reads it."""

    id: ObjectId
    status: str
    amount_cents: int
    currency: str
    destination: str
    created_at: datetime
    idempotency_key: str | None
    failure_reason: str | None
    reversed_at: datetime | None
    status_details: StatusDetails | None
    gateway_reference: str | None
    attempts: list[Attempt] | None
    history: list[StatusChange]


def find(caller: Caller, withdrawal: str) -> WithdrawalRecord:
    """Two round trips, and those of a copy where something waits.

    Raises NotFound: there is none, or it is another user's.
    """
    settled(caller)
    try:
        wanted = Withdrawal.objects(id=ObjectId(withdrawal), user=caller.user)
    except InvalidId:
        raise NotFound("No such withdrawal.") from None
    found: list[WithdrawalRecord] = wanted.rows(WithdrawalRecord, limit=1)
    if not found:
        raise NotFound("No such withdrawal.")
    return found[0]


def cancel(caller: Caller, withdrawal: str) -> WithdrawalRecord:
    """Take a pending withdrawal back; its money is in the wallet again. Seven round trips or so.

    Raises NotFound: there is none, or it is another user's; IllegalStatusChange: it is not pending.
    """
    cancel_payout(find(caller, withdrawal).id)
    return find(caller, withdrawal)


@dataclass(frozen=True, slots=True)
class Filters:
    """None: any. `since` is included, `until` is not."""

    status: str | None = None
    idempotency_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def newest(caller: Caller, filters: Filters, after: Position | None, limit: int) -> Page:
    """The caller's withdrawals, newest first: each a WithdrawalRecord.

    Two round trips, and those of a copy where something waits.

    Raises InvalidInput: `after` is no place in this list.
    """
    settled(caller)
    wanted = {
        "status": filters.status,
        "idempotency_key": filters.idempotency_key,
        "created_at__gte": filters.since,
        "created_at__lt": filters.until,
        "__raw__": _behind(after) if after is not None else None,
    }
    conditions = {name: value for name, value in wanted.items() if value is not None}
    items = Withdrawal.objects(user=caller.user, **conditions).rows(
        WithdrawalRecord, order_by=("-created_at", "-id"), limit=limit + 1
    )
    return page(items, limit, lambda item: Position(in_utc(item.created_at), str(item.id)))


def _behind(after: Position) -> dict[str, Any]:
    try:
        tie = ObjectId(after.tie)
    except InvalidId:
        raise InvalidInput([("cursor", "Not a cursor of this list.")]) from None
    same_instant = {"createdAt": after.at, "_id": {"$lt": tie}}
    return {"$or": [{"createdAt": {"$lt": after.at}}, same_instant]}
