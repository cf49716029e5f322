"""A wallet's withdrawals against its movements: each has exactly those that its status demands."""

from collections import defaultdict
from typing import Any

from bson import ObjectId

from wallet_api.audit.differences import Findings
from wallet_api.audit.failed_match import (
    Failed,
    FailedMatch,
    Moved,
    add_moved,
    compare_amount,
)
from wallet_api.audit.past import WalletPast
from wallet_api.audit.record_match import is_open, record_problems, status_problem, was_refused
from wallet_api.audit.reviews import Reviews
from wallet_api.audit.wallet_as_read import Malformed, WalletAsRead, member
from wallet_api.documents.kinds import STATUSES, WithdrawalStatus
from wallet_api.ledger_signing import PLAIN

MEMBERS = {
    "user": 1,
    "amountCents": 1,
    "currency": 1,
    "destination": 1,
    "status": 1,
    "balanceAfterCents": 1,
    "history": 1,
    "failureReason": 1,
    "idempotencyKey": 1,
    "backendKey": 1,
    "limitDay": 1,
    "newDestination": 1,
    "exceeded": 1,
    "createdAt": 1,
    "reversedAt": 1,
    "movedInAt": 1,
    "refusal": 1,
    "bookedAt": 1,
    "digestVersion": 1,
    "gateway": 1,
    "dueAt": 1,
    "attempts": 1,
    "refund": 1,
    "refundedAt": 1,
    "needsReview": 1,
}


class WithdrawalMatch:
    """Pairs debits, refunds and records as they come, and forgets the pairs that are right.

    All three come in the order of time, nearly, so that few wait for their counterpart at once.
    """

    def __init__(self, wallet: WalletAsRead, found: Findings, pasts: list[WalletPast]) -> None:
        self.held_cents = 0
        self.reviews = Reviews(found)
        self._pasts = pasts
        self._currency = wallet.currency
        self._refused = wallet.refused
        self._found = found
        self._debits: dict[Any, Moved] = {}
        self._refunds: dict[Any, list[Moved]] = defaultdict(list)
        self._undebited: dict[ObjectId, dict[str, Any]] = {}
        self._failed = FailedMatch(found)

    @property
    def owed_cents(self) -> int:
        """Minor units, of failed withdrawals whose refunds have not moved yet. At the end."""
        return self._failed.owed_cents

    def debit(self, moved: Moved) -> None:
        if (record := self._undebited.pop(moved.id, None)) is not None:
            self._compare_debit(moved, record)
        elif (failed := self._failed.get(moved.id)) is not None and not failed.debited:
            failed.debited = True
            self._compare_debit(moved, failed.record)
        else:
            self._debits[moved.id] = moved

    def refund(self, moved: Moved, withdrawal: Any) -> None:
        failed = self._failed.get(withdrawal)
        refunds = self._refunds[withdrawal] if failed is None else failed.refunds
        refunds.append(moved)

    def record(self, withdrawal: dict[str, Any]) -> None:
        try:
            amount_cents = member(withdrawal, "amountCents", int)
            status = withdrawal.get("status")
            if amount_cents <= 0 or status not in STATUSES:
                raise Malformed(f"its status is {status!r}, its amountCents {amount_cents}")
        except Malformed as malformed:
            self._found.add("malformed", f"withdrawal: {malformed}", entry=withdrawal["_id"])
            return
        if problem := status_problem(withdrawal):
            self._add("status", problem, withdrawal["_id"], amount_cents)
        self.reviews.add(withdrawal)
        if "movedInAt" in withdrawal:
            self._record_moved_in(withdrawal, status, amount_cents)
            return
        self._compare_currency(withdrawal, amount_cents)
        if is_open(withdrawal):
            self.held_cents += amount_cents
        if status != WithdrawalStatus.FAILED:
            self._pair(withdrawal)
        elif not was_refused(withdrawal):
            self._expect_refund(withdrawal)
        elif (movement := self._refused.get(withdrawal["_id"])) is not None:
            self._compare_members(withdrawal, movement)
        elif "refusal" not in withdrawal:
            self._add_unsigned(withdrawal, withdrawal.get("createdAt"))
        # A refused one moved nothing: a debit of its id is left over at the end.

    def _record_moved_in(self, withdrawal: dict[str, Any], status: str, amount_cents: int) -> None:
        """Of another system: the wallet's opening balance counts its debit, so it has none here.

        A debit of its id is left over at the end. Reversed here, it has a refund like any other.
        """
        if not _before(withdrawal.get("createdAt"), withdrawal["movedInAt"]):
            detail = "it was made after it is said to have been moved in"
            self._add("moved_in", detail, withdrawal["_id"], amount_cents)
        self._add_unsigned(withdrawal, withdrawal["movedInAt"])
        if status != WithdrawalStatus.FAILED:
            self._compare_currency(withdrawal, amount_cents)
        elif "reversedAt" in withdrawal:
            refunds = self._refunds.pop(withdrawal["_id"], [])
            self._failed.expect(Failed(withdrawal, debited=True, refunds=refunds))

    def _compare_currency(self, withdrawal: dict[str, Any], amount_cents: int) -> None:
        if withdrawal.get("currency") != self._currency:
            detail = f"its currency is {withdrawal.get('currency')}, the wallet's is not"
            self._add("currency", detail, withdrawal["_id"], amount_cents)

    def end(self) -> None:
        """Report what has found no counterpart."""
        for id_, record in self._undebited.items():
            detail = "a withdrawal that was never debited"
            self._add("debit_missing", detail, id_, record["amountCents"])
        for debit in self._debits.values():
            if debit.copied:
                detail = "a debit without a withdrawal, or of one that was refused"
                add_moved(self._found, "withdrawal_missing", detail, debit)
        self._failed.end()
        for withdrawal, refunds in self._refunds.items():
            for refund in refunds[1:]:
                add_moved(self._found, "refunded_twice", f"withdrawal {withdrawal}, again", refund)
            if refunds[0].copied:
                detail = f"a refund of withdrawal {withdrawal}, which has not failed or is missing"
                add_moved(self._found, "refund_unfounded", detail, refunds[0])

    def _pair(self, record: dict[str, Any]) -> None:
        if (debit := self._debits.pop(record["_id"], None)) is not None:
            self._compare_debit(debit, record)
        else:
            self._undebited[record["_id"]] = record

    def _expect_refund(self, record: dict[str, Any]) -> None:
        debit = self._debits.pop(record["_id"], None)
        refunds = self._refunds.pop(record["_id"], [])
        self._failed.expect(Failed(record, debit is not None, refunds))
        if debit is not None:
            self._compare_debit(debit, record)

    def _compare_debit(self, debit: Moved, record: dict[str, Any]) -> None:
        compare_amount(self._found, debit, -record["amountCents"], "a debit")
        self._compare_members(record, debit.source)
        if debit.source.get("digestVersion", PLAIN) == PLAIN:
            self._add_unsigned(record, debit.source.get("bookedAt"))

    def _add_unsigned(self, record: dict[str, Any], at: Any) -> None:
        for past in self._pasts:
            past.add_unsigned(record, at)

    def _compare_members(self, record: dict[str, Any], source: dict[str, Any]) -> None:
        if problems := record_problems(record, source):
            self._add("record_differs", "; ".join(problems), record["_id"], record["amountCents"])

    def _add(self, kind: str, detail: str, id_: ObjectId, amount_cents: int) -> None:
        self._found.add(kind, detail, entry=id_, amount_cents=amount_cents)


def _before(created_at: Any, moved_in_at: Any) -> bool:
    try:
        return bool(created_at <= moved_in_at)
    except TypeError:
        return False
