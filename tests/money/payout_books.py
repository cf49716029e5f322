"""Books with withdrawals that a gateway pays out: one of each status, made as the service does."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bson import ObjectId

from tests.money.audit_books import deposited, opened, withdrawals
from wallet_api import clock
from wallet_api.documents.kinds import MovementKind, PayoutFailure
from wallet_api.movements import post
from wallet_api.movements.orders import Order
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.payouts import queue, record
from wallet_api.payouts.change import Change, failed, settled
from wallet_api.payouts.record import PayoutRecord
from wallet_api.payouts.refunds import pay_back
from wallet_api.payouts.transitions import PAID_AFTER_REFUND

GATEWAY = "bank"
LEASE = timedelta(minutes=1)


@dataclass(frozen=True)
class PayoutBooks:
    """Of one wallet. The amounts are powers of two, so that each sum tells which they are."""

    user: ObjectId
    pending: ObjectId
    """1.00"""
    processing: ObjectId
    """2.00"""
    paid: ObjectId
    """4.00"""
    declined: ObjectId
    """8.00, refunded."""
    returned: ObjectId
    """16.00, refunded."""
    cancelled: ObjectId
    """32.00, refunded."""
    owed: ObjectId
    """64.00: declined, and not refunded yet."""
    plain: ObjectId
    """128.00, without a gateway."""


def asked(user: ObjectId, cents: int, gateway: str | None = GATEWAY) -> ObjectId:
    """A withdrawal, and its record."""
    order = Order(user, MovementKind.WITHDRAWAL, -cents, "INR", None, "acct-1", gateway=gateway)
    id_ = post(order).id
    copy_outbox(user)
    return id_


def taken_up(withdrawal: ObjectId) -> PayoutRecord:
    """By a worker. It must be the only one that is due."""
    (found,) = queue.claim([GATEWAY], clock.now(), LEASE)
    assert found.id == withdrawal
    return found


def read(withdrawal: ObjectId) -> PayoutRecord:
    found = record.read(withdrawal)
    assert found is not None
    return found


def apply(change: Change, found: PayoutRecord, now: datetime | None = None) -> PayoutRecord:
    """`now`: of the change, where it says an instant."""
    assert change.apply(found, now or clock.now())
    return read(found.id)


def fails(found: PayoutRecord, reason: PayoutFailure) -> PayoutRecord:
    now = clock.now()
    return apply(failed(found, reason, now), found, now)


def given_back(found: PayoutRecord, reason: PayoutFailure) -> PayoutRecord:
    """Failed and refunded."""
    fails(found, reason)
    pay_back(replace(found, failure_reason=reason))
    return read(found.id)


def lost(withdrawal: ObjectId) -> None:
    """Paid, after it was refunded."""
    change = {"$set": {"needsReview": PAID_AFTER_REFUND}}
    withdrawals().update_one({"_id": withdrawal}, change)


def payout_books() -> PayoutBooks:
    """Where the database is empty."""
    user = opened()
    deposited(user, 1000_00)
    paid = asked(user, 4_00)
    apply(settled(taken_up(paid)), read(paid))
    declined = asked(user, 8_00)
    given_back(taken_up(declined), PayoutFailure.DECLINED)
    returned = asked(user, 16_00)
    given_back(apply(settled(taken_up(returned)), read(returned)), PayoutFailure.RETURNED)
    cancelled = asked(user, 32_00)
    given_back(read(cancelled), PayoutFailure.CANCELLED)
    owed = asked(user, 64_00)
    fails(taken_up(owed), PayoutFailure.DECLINED)
    withdrawals().update_one({"_id": owed}, {"$set": {"dueAt": clock.now() + LEASE}})
    plain = asked(user, 128_00, gateway=None)
    processing = asked(user, 2_00)
    taken_up(processing)
    pending = asked(user, 1_00)
    return PayoutBooks(user, pending, processing, paid, declined, returned, cancelled, owed, plain)
