"""Our withdrawals as reconciliation reads them: in batches, by id, and never one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from bson import ObjectId

from wallet_api.documents.kinds import RefundState, WithdrawalStatus
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts.references import reference_of, withdrawal_of

AT_ONCE = 1000
"""Withdrawals of one round trip."""

_MEMBERS = (
    *("amountCents", "currency", "status", "gateway", "createdAt", "reversedAt"),
    *("attempts.reference", "attempts.at", "history", "refund"),
)
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2106, 1, 1, tzinfo=UTC)
_MARGIN = timedelta(hours=1)
"""Between an id's own time and `createdAt`: one process makes both at once."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Members as documents.withdrawal.Withdrawal says."""

    id: ObjectId
    amount_cents: int
    currency: str
    status: WithdrawalStatus
    gateway: str | None
    created_at: datetime
    is_returned: bool
    """Whether it had been paid, and came back."""
    refund: RefundState | None
    references: tuple[str, ...]
    """Under which it was sent; empty: it never was."""
    began_at: datetime
    """When it was first sent, or made."""
    changed_at: datetime
    """When it got its status."""

    @property
    def is_open(self) -> bool:
        return self.status in (WithdrawalStatus.PENDING, WithdrawalStatus.PROCESSING)

    def may_be(self, reference: str | None) -> bool:
        """False: it is a reference of ours under which this was never sent, nor will be first."""
        if reference is None or withdrawal_of(reference) is None:
            return True
        return reference in (*self.references, reference_of(self.id))


def by_id(ids: Sequence[ObjectId]) -> dict[ObjectId, Ours]:
    """AT_ONCE of them at most. One round trip."""
    found = Withdrawal._get_collection().find({"_id": {"$in": list(ids)}}, _MEMBERS)
    return {ours.id: ours for ours in map(_ours, found.batch_size(AT_ONCE + 1))}


def made_between(gateway: str, since: datetime, until: datetime) -> Iterator[list[Ours]]:
    """Those of the gateway, batch by batch, in the order of their ids. A round trip for each.

    By the index of ids, which begin with their time: `createdAt` alone has none.
    """
    condition = {
        "_id": {"$gte": _id_at(since, -_MARGIN), "$lt": _id_at(until, _MARGIN)},
        "gateway": gateway,
        "createdAt": {"$gte": since, "$lt": until},
    }
    cursor = Withdrawal._get_collection().find(condition, _MEMBERS).sort("_id", 1)
    found = map(_ours, cursor.batch_size(AT_ONCE))
    while batch := list(islice(found, AT_ONCE)):
        yield batch


def names(gateway: str) -> Iterator[list[tuple[ObjectId, str | None, str | None]]]:
    """Of all withdrawals of the gateway, whenever made: the id, the gateway's reference, the trace.

    A round trip for each batch.
    """
    condition = {"gateway": gateway}
    members = ("gatewayReference", "trace")
    cursor = Withdrawal._get_collection().find(condition, members).sort("_id", 1)
    found = (
        (each["_id"], each.get("gatewayReference"), each.get("trace"))
        for each in cursor.batch_size(AT_ONCE)
    )
    while batch := list(islice(found, AT_ONCE)):
        yield batch


def _id_at(instant: datetime, margin: timedelta) -> ObjectId:
    return ObjectId.from_datetime(min(max(instant, _FIRST), _LAST) + margin)


def _ours(document: dict[str, Any]) -> Ours:
    attempts, history = document.get("attempts") or [], document.get("history") or []
    made = document["createdAt"]
    return Ours(
        document["_id"],
        document["amountCents"],
        document["currency"],
        WithdrawalStatus(document["status"]),
        document.get("gateway"),
        made,
        "reversedAt" in document,
        RefundState(document["refund"]) if "refund" in document else None,
        tuple(each["reference"] for each in attempts),
        attempts[0]["at"] if attempts else made,
        history[-1]["at"] if history else made,
    )
