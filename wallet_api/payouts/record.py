"""A withdrawal as those read it who pay it out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bson import ObjectId

from wallet_api.documents.kinds import PayoutFailure, RefundState, WithdrawalStatus
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts.gateway import NOTHING, Payout, Verdict


@dataclass(frozen=True, slots=True)
class Attempt:
    """As documents.withdrawal.Attempt."""

    reference: str
    at: datetime
    last_at: datetime
    fence: ObjectId | None
    may_be_taken: bool
    spent: bool


@dataclass(frozen=True, slots=True)
class PayoutRecord:
    """Members as documents.withdrawal.Withdrawal says."""

    id: ObjectId
    user: ObjectId
    amount_cents: int
    currency: str
    destination: str
    status: WithdrawalStatus
    created_at: datetime
    gateway: str
    due_at: datetime | None
    fence: ObjectId | None
    tries: int
    attempts: tuple[Attempt, ...]
    gateway_reference: str | None
    gateway_state: Mapping[str, Any]
    told: Verdict | None
    told_at: datetime | None
    failure_reason: str | None
    limit_day: str | None
    to_new_destination: bool
    refund: RefundState | None
    needs_review: str | None

    @property
    def is_open(self) -> bool:
        """Whether its payout has no end yet."""
        return self.status in (WithdrawalStatus.PENDING, WithdrawalStatus.PROCESSING)

    @property
    def owes_refund(self) -> bool:
        """Whether it has failed, and its money is not back yet."""
        return self.status == WithdrawalStatus.FAILED and self.refund == RefundState.OWED

    @property
    def came_back(self) -> bool:
        """Whether its money is back, or on its way, since the gateway has returned it."""
        is_returned = self.failure_reason == PayoutFailure.RETURNED
        return self.status == WithdrawalStatus.FAILED and is_returned

    def is_in_hand(self, now: datetime) -> bool:
        """Whether a worker has taken it up, and may be sending it. It sends nothing once its lease
        is over."""
        return self.fence is not None and self.due_at is not None and self.due_at > now

    def sent_under(self, reference: str, at: datetime) -> "PayoutRecord":
        """The record once it has been sent under this reference, which may be new."""
        if any(each.reference == reference for each in self.attempts):
            return self
        attempt = Attempt(reference, at, at, None, may_be_taken=True, spent=False)
        return replace(self, attempts=(*self.attempts, attempt))

    def payout(self, reference: str) -> Payout:
        """What the gateway is asked to pay, or about."""
        return Payout(
            reference=reference,
            amount_cents=self.amount_cents,
            currency=self.currency,
            destination=self.destination,
            created_at=self.created_at,
            gateway_reference=self.gateway_reference,
            earlier_references=tuple(
                each.reference for each in self.attempts if each.reference != reference
            ),
            state=self.gateway_state,
        )


def record_of(document: Mapping[str, Any]) -> PayoutRecord:
    """Of a withdrawal that has a gateway."""
    told = document.get("told") or {}
    return PayoutRecord(
        id=document["_id"],
        user=document["user"],
        amount_cents=document["amountCents"],
        currency=document["currency"],
        destination=document["destination"],
        status=WithdrawalStatus(document["status"]),
        created_at=document["createdAt"],
        gateway=document["gateway"],
        due_at=document.get("dueAt"),
        fence=document.get("fence"),
        tries=document.get("tries", 0),
        attempts=tuple(map(_attempt, document.get("attempts", ()))),
        gateway_reference=document.get("gatewayReference"),
        gateway_state=document.get("gatewayState") or NOTHING,
        told=Verdict(told["verdict"]) if told else None,
        told_at=told.get("at"),
        failure_reason=document.get("failureReason"),
        limit_day=document.get("limitDay"),
        to_new_destination=bool(document.get("newDestination")),
        refund=RefundState(document["refund"]) if "refund" in document else None,
        needs_review=document.get("needsReview"),
    )


def read(withdrawal: ObjectId) -> PayoutRecord | None:
    """None: there is no such withdrawal, or it has no gateway. One round trip."""
    wanted = {"_id": withdrawal, "gateway": {"$exists": True}}
    document = Withdrawal._get_collection().find_one(wanted)
    return None if document is None else record_of(document)


def _attempt(document: Mapping[str, Any]) -> Attempt:
    return Attempt(
        reference=document["reference"],
        at=document["at"],
        last_at=document["lastAt"],
        fence=document.get("fence"),
        may_be_taken=document["mayBeTaken"],
        spent=document.get("spent", False),
    )
