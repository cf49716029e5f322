"""A payout that came back: the withdrawal has failed after all, and its money returns, once."""

from bson import ObjectId
from bson.errors import InvalidId

from wallet_api.documents.kinds import MovementKind, WithdrawalStatus
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import IllegalStatusChange, NotFound
from wallet_api.movements import Order, Receipt, post
from wallet_api.movements.relay.copy import copy_outbox


def reverse(withdrawal_id: str, reason: str) -> Receipt:
    """Refund a withdrawal that had been debited. Can be repeated: its key allows one refund.

    Two round trips and those of a copy. The refund commits in the wallet; the withdrawal's new
    status is a copy of it, so there is no moment at which only one of the two is final.

    Raises NotFound; IllegalStatusChange: it was refused, and nothing had been debited.
    """
    try:
        withdrawal = Withdrawal.objects(id=ObjectId(withdrawal_id)).first()
    except InvalidId:
        withdrawal = None
    if withdrawal is None:
        raise NotFound("No such withdrawal; one of this very second may not be copied yet.")
    if withdrawal.status == WithdrawalStatus.FAILED and withdrawal.reversed_at is None:
        raise IllegalStatusChange("Nothing had been debited for this withdrawal.")
    receipt = post(
        Order(
            user=withdrawal.user,
            kind=MovementKind.REFUND,
            amount_cents=withdrawal.amount_cents,
            currency=withdrawal.currency,
            key=str(withdrawal.id),
            withdrawal=withdrawal.id,
            reason=reason,
        )
    )
    copy_outbox(withdrawal.user)
    return receipt
