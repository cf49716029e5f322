"""The withdrawals that a person must look at: a loss is a difference, the others are told."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from wallet_api.audit.differences import Findings
from wallet_api.money import as_shown
from wallet_api.payouts.transitions import PAID_AFTER_REFUND

SHOWN = 100
"""More are counted only, so that the audit needs no more memory for more of them."""


@dataclass(frozen=True, slots=True)
class Review:
    withdrawal: str
    wallet: str
    """The id of the wallet's user."""
    why: str
    amount_cents: int
    """Minor units."""
    currency: str | None

    def as_json(self) -> dict[str, Any]:
        members = asdict(self)
        return members | {"amountCents": members.pop("amount_cents")}

    def as_text(self) -> str:
        amount = as_shown(self.amount_cents, self.currency)
        return f"to review: withdrawal {self.withdrawal}, {amount}: {self.why}"


class Reviews:
    """Of one wallet, or of all."""

    def __init__(self, found: Findings | None = None) -> None:
        self.count = 0
        self.first: list[Review] = []
        self._found = found
        self._losses: dict[Any, int] = {}
        self._recovered: Counter[Any] = Counter()

    def add(self, record: dict[str, Any]) -> None:
        """A withdrawal of the wallet, whose status and amount are of their types."""
        why, found = record.get("needsReview"), self._found
        if why is None or found is None:
            return
        id_, cents = record["_id"], record["amountCents"]
        if why == PAID_AFTER_REFUND:
            self._losses[id_] = cents
            return
        self._take(1, [Review(str(id_), found.wallet, str(why), cents, found.currency)])

    def recover(self, adjustment: dict[str, Any]) -> None:
        """An operator has taken it out of the wallet again, for the withdrawal that it names."""
        self._recovered[adjustment.get("withdrawal")] -= adjustment["amountCents"]

    def end(self, found: Findings) -> None:
        """Report the losses, or what is left of them."""
        for id_, cents in self._losses.items():
            left = cents - self._recovered[id_]
            if left > 0:
                detail = (
                    f"a loss of {found.money(left)}: the gateway has paid it, and its money is "
                    "back in the wallet"
                )
                found.add(PAID_AFTER_REFUND, detail, entry=id_, amount_cents=left)

    def include(self, others: "Reviews") -> None:
        self._take(others.count, others.first)

    def _take(self, count: int, reviews: list[Review]) -> None:
        self.count += count
        self.first += reviews[: max(0, SHOWN - len(self.first))]
