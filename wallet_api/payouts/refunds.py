"""The one refund of a withdrawal whose payout has failed: its key is the withdrawal, no event."""

from dataclasses import dataclass

from wallet_api.callers import ANY_EPOCH
from wallet_api.documents.kinds import MovementKind
from wallet_api.movements import Order, post
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.payouts.record import PayoutRecord


@dataclass(frozen=True, slots=True)
class RefundTurn:
    """What a worker does with a payout whose refund is owed. It needs no gateway: that one may not
    be configured any more."""

    record: PayoutRecord

    def run(self) -> None:
        """Raises what pay_back raises."""
        pay_back(self.record)


def pay_back(record: PayoutRecord) -> None:
    """Refund what is owed, however often it is called: its key allows one refund.

    The copy of the refund notes in the withdrawal that it is paid. Round trips: those of
    movements.post and of a copy.

    Raises what movements.post raises: it stays owed, and due.
    """
    post(refund_of(record))
    copy_outbox(record.user)


def refund_of(record: PayoutRecord) -> Order:
    return Order(
        user=record.user,
        kind=MovementKind.REFUND,
        amount_cents=record.amount_cents,
        currency=record.currency,
        key=str(record.id),
        withdrawal=record.id,
        gateway=record.gateway,
        reason=record.failure_reason,
        limit_day=record.limit_day,
        to_new_destination=record.to_new_destination,
        epoch=ANY_EPOCH,
    )
