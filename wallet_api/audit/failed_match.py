"""What each withdrawal that has failed demands: its debit, and the one refund."""

from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId

from wallet_api.audit.differences import Findings
from wallet_api.audit.record_match import refund_problems
from wallet_api.documents.kinds import RefundState


@dataclass(frozen=True, slots=True)
class Moved:
    """A debit or a refund: an entry, or a movement of the outbox."""

    id: ObjectId
    sequence: int
    source: dict[str, Any]
    copied: bool
    """Whether its withdrawal must know of it by now."""

    @property
    def amount_cents(self) -> int:
        cents: int = self.source["amountCents"]
        return cents


@dataclass(slots=True)
class Failed:
    record: dict[str, Any]
    debited: bool = False
    refunds: list[Moved] = field(default_factory=list)

    @property
    def id(self) -> ObjectId:
        id_: ObjectId = self.record["_id"]
        return id_

    @property
    def is_owed(self) -> bool:
        """Whether its money is on its way back: the record decides first, the wallet follows."""
        return self.record.get("refund") == RefundState.OWED


class FailedMatch:
    """Keeps them to the end, since a second refund may come late."""

    def __init__(self, found: Findings) -> None:
        self.owed_cents = 0
        self._found = found
        self._failed: dict[ObjectId, Failed] = {}

    def get(self, withdrawal: Any) -> Failed | None:
        return self._failed.get(withdrawal)

    def expect(self, failed: Failed) -> None:
        self._failed[failed.id] = failed

    def end(self) -> None:
        """Report where the movements are not those that a failure demands."""
        for failed in self._failed.values():
            self._judge(failed)

    def _judge(self, failed: Failed) -> None:
        cents = failed.record["amountCents"]
        if not failed.debited:
            self._add("debit_missing", "a failed withdrawal that was never debited", failed)
        elif not failed.refunds and failed.is_owed:
            self.owed_cents += cents
        elif not failed.refunds:
            detail = "a failed withdrawal that was debited and never refunded"
            self._add("refund_missing", detail, failed)
        for refund in failed.refunds[:1]:
            compare_amount(self._found, refund, cents, f"a refund of withdrawal {failed.id}")
            if problems := self._problems(failed, refund):
                self._add("record_differs", "; ".join(problems), failed)
        for refund in failed.refunds[1:]:
            add_moved(self._found, "refunded_twice", f"withdrawal {failed.id}, again", refund)

    def _problems(self, failed: Failed, refund: Moved) -> list[str]:
        """A refund is noted with its copy: before, a record that owes it is right."""
        if failed.is_owed and refund.copied:
            return ["it calls its refund owed, which the ledger has"]
        return refund_problems(failed.record, refund.source)

    def _add(self, kind: str, detail: str, failed: Failed) -> None:
        cents = failed.record["amountCents"]
        self._found.add(kind, detail, entry=failed.id, amount_cents=cents)


def compare_amount(found: Findings, moved: Moved, amount_cents: int, what: str) -> None:
    """Report a movement of another amount than its withdrawal says."""
    if moved.amount_cents != amount_cents:
        detail = (
            f"{what} of {found.money(moved.amount_cents)}, but by its withdrawal it is "
            f"{found.money(amount_cents)}"
        )
        found.add(
            "amount",
            detail,
            entry=moved.id,
            sequence=moved.sequence,
            amount_cents=moved.amount_cents - amount_cents,
        )


def add_moved(found: Findings, kind: str, detail: str, moved: Moved) -> None:
    """Report a movement."""
    found.add(
        kind,
        detail,
        entry=moved.id,
        sequence=moved.sequence,
        amount_cents=moved.amount_cents,
    )
