"""A payout that came back: the withdrawal has failed after all, and its money returns, once."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId
from bson.errors import InvalidId

from wallet_api.documents.kinds import MovementKind, WithdrawalStatus
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import IllegalStatusChange, NotFound
from wallet_api.movements import Order, post
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.payouts import operating
from wallet_api.payouts.operating import Done

OPEN = (WithdrawalStatus.PENDING, WithdrawalStatus.PROCESSING)


@dataclass(frozen=True, slots=True)
class Refund:
    """The one refund of a withdrawal, as the ledger has it."""

    entry: ObjectId
    amount_cents: int
    """Minor units."""
    currency: str
    at: datetime
    reason: str
    is_new: bool
    """False: it had been refunded before, and nothing was moved now."""


def reverse(withdrawal_id: str, reason: str) -> Refund:
    """Refund a withdrawal that had been debited. Can be repeated: its key allows one refund, and
    the first one is returned, with its own reason.

    Three round trips and those of a copy. The refund commits in the wallet; the withdrawal's new
    status is a copy of it, so there is no moment at which only one of the two is final.

    Raises NotFound; IllegalStatusChange: it was refused, and nothing had been debited; a gateway is
    paying it; or it was moved in without an end.
    """
    try:
        withdrawal = Withdrawal.objects(id=ObjectId(withdrawal_id)).first()
    except InvalidId:
        withdrawal = None
    if withdrawal is None:
        raise NotFound("No such withdrawal; one of this very second may not be copied yet.")
    if withdrawal.gateway is not None:
        is_new, key = _come_back(withdrawal, reason), f"{MovementKind.REFUND}:{withdrawal.id}"
    else:
        is_new, key = _refund(withdrawal, reason)
    entry = LedgerEntry.objects.get(user=withdrawal.user, idempotency_key=key)
    return Refund(
        entry.id, entry.amount_cents, entry.currency, entry.at, entry.reason or "", is_new
    )


def _come_back(withdrawal: Withdrawal, reason: str) -> bool:
    """Of a gateway's payout: that it has failed is decided first, as whoever hears of it does.

    False: it had been.
    """
    if withdrawal.status in OPEN:
        raise IllegalStatusChange(
            f"It is being paid out. `payouts fail {withdrawal.id}` refunds it, once you know that "
            "it is not paid."
        )
    return operating.fail(withdrawal.id, reason) is Done.FAILED


def _refund(withdrawal: Withdrawal, reason: str) -> tuple[bool, str]:
    """Whether it had not been refunded before, and the key of the refund with its scope."""
    if withdrawal.status == WithdrawalStatus.FAILED and withdrawal.reversed_at is None:
        raise IllegalStatusChange("Nothing had been debited for this withdrawal.")
    if withdrawal.status in OPEN:
        raise IllegalStatusChange(
            f"It was {withdrawal.status} when it was moved in, and nobody has said yet whether it "
            "was debited and paid: docs/moving-in.md tells what to do."
        )
    order = Order(
        user=withdrawal.user,
        kind=MovementKind.REFUND,
        amount_cents=withdrawal.amount_cents,
        currency=withdrawal.currency,
        key=str(withdrawal.id),
        withdrawal=withdrawal.id,
        reason=reason,
        limit_day=withdrawal.limit_day,
        to_new_destination=bool(withdrawal.new_destination),
    )
    is_new = not post(order).replayed  # the reason is no part of what the key stands for
    copy_outbox(withdrawal.user)
    return is_new, order.scoped_key
