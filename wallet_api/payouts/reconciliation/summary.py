"""How much was compared, and the sums of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from wallet_api.documents.kinds import WithdrawalStatus
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.reconciliation.findings import Finding, Kind, Note
from wallet_api.payouts.reconciliation.ours import Ours
from wallet_api.payouts.reconciliation.payouts import Payout


@dataclass(slots=True)
class Total:
    """Of one currency, in minor units."""

    paid_cents: int = 0
    """Of our withdrawals that were compared and are a success."""
    their_paid_cents: int = 0
    """Of the payouts that the list tells as paid."""
    lost_cents: int = 0
    fee_cents: int = 0
    """As the list tells them; of each payout once, whatever became of it."""


@dataclass(slots=True)
class Summary:
    lines: int = 0
    """Of the list."""
    withdrawals: int = 0
    """Of the period, or with a line in it."""
    matched: int = 0
    """Withdrawals of which the list says the same."""
    kinds: Counter[Kind] = field(default_factory=Counter)
    losses: int = 0
    notes: Counter[Note] = field(default_factory=Counter)
    totals: defaultdict[str, Total] = field(default_factory=lambda: defaultdict(Total))

    @property
    def differences(self) -> int:
        return self.kinds.total()

    def count(self, said: Finding | Note) -> None:
        if isinstance(said, Note):
            self.notes[said] += 1
            return
        self.kinds[said.kind] += 1
        self.losses += said.is_loss
        if said.loss_cents is not None and said.their_currency is not None:
            self.totals[said.their_currency].lost_cents += said.loss_cents

    def add_ours(self, ours: Ours) -> None:
        self.withdrawals += 1
        if ours.status == WithdrawalStatus.SUCCESS:
            self.totals[ours.currency].paid_cents += ours.amount_cents

    def add_theirs(self, payouts: Iterable[Payout]) -> None:
        for payout in payouts:
            total = self.totals[payout.told.currency]
            total.fee_cents += payout.told.fee_cents or 0
            if payout.told.verdict is Verdict.SETTLED:
                total.their_paid_cents += payout.told.amount_cents
            if payout.earlier_lines:
                self.notes[Note.REPEATED] += payout.earlier_lines
