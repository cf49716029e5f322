"""Forged payouts: what would be paid again, or elsewhere, or given back."""

from tests.money.audit_books import Books, set_members, withdrawals
from tests.money.forging import ATTACKERS, Forgery
from tests.money.payout_books import (
    GATEWAY,
    apply,
    asked,
    given_back,
    lost,
    read,
    taken_up,
)
from wallet_api import clock
from wallet_api.documents.kinds import PayoutFailure
from wallet_api.payouts.change import failed, settled
from wallet_api.payouts.record import PayoutRecord


def _made(books: Books) -> PayoutRecord:
    """Paid by the gateway."""
    payout = asked(books.user, 1_00)
    return apply(settled(taken_up(payout)), read(payout))


def _refunded(books: Books) -> PayoutRecord:
    return given_back(taken_up(asked(books.user, 1_00)), PayoutFailure.DECLINED)


def _owed(books: Books) -> PayoutRecord:
    found = taken_up(asked(books.user, 1_00))
    return apply(failed(found, PayoutFailure.DECLINED, clock.now()), found)


def _paid_though_it_had_no_gateway(books: Books) -> None:
    members = {"status": "pending", "history.0.status": "pending", "gateway": GATEWAY}
    set_members(withdrawals, books.paid, dueAt=clock.now(), **members)


def _back_to_pending(books: Books) -> None:
    made = _made(books)
    history = [{"status": "pending", "at": made.created_at}]
    pending = {"status": "pending", "history": history, "dueAt": clock.now()}
    change = {"$set": pending, "$unset": {"attempts": "", "gatewayReference": ""}}
    withdrawals().update_one({"_id": made.id}, change)


def _returned(books: Books) -> None:
    made, at = _made(books), clock.now()
    failed_now = {"status": "failed", "failureReason": "returned", "reversedAt": at}
    change = {
        "$set": {**failed_now, "refund": "owed", "dueAt": at},
        "$push": {"history": {"status": "failed", "at": at}},
    }
    withdrawals().update_one({"_id": made.id}, change)


def _called_paid(books: Books) -> None:
    withdrawals().update_one(
        {"_id": _refunded(books).id},
        {
            "$set": {"status": "success", "history.2.status": "success"},
            "$unset": dict.fromkeys(("refund", "refundedAt", "failureReason"), ""),
        },
    )


def _forget_a_loss(books: Books) -> None:
    loss = _refunded(books).id
    lost(loss)
    withdrawals().update_one({"_id": loss}, {"$unset": {"needsReview": ""}})


PAYOUTS: dict[str, Forgery] = {
    "a withdrawal without a gateway given one, so that it is paid": Forgery(
        _paid_though_it_had_no_gateway, "record_differs"
    ),
    "a payout's gateway changed": Forgery(
        lambda books: set_members(withdrawals, _made(books).id, gateway="attackers"),
        "record_differs",
    ),
    "a payout's destination changed, before it is sent": Forgery(
        lambda books: set_members(withdrawals, asked(books.user, 1_00), destination=ATTACKERS),
        "record_differs",
    ),
    "a payout's reference changed": Forgery(
        lambda books: set_members(
            withdrawals, _made(books).id, **{"attempts.0.reference": f"wd{books.paid}"}
        ),
        "status",
    ),
    "a refund that is owed called paid": Forgery(
        lambda books: set_members(
            withdrawals, _owed(books).id, refund="paid", refundedAt=clock.now()
        ),
        "refund_missing",
    ),
    "a refunded payout called paid": Forgery(_called_paid, "refund_unfounded"),
    "a payout that was made set back to pending": Forgery(_back_to_pending, None),
    "a payout that was made called returned, so that it is refunded": Forgery(_returned, None),
    "a loss no longer marked for review": Forgery(_forget_a_loss, None),
}
