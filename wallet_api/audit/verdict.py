"""What one reading of one wallet comes to, and what all of them add up to."""

from collections import Counter
from dataclasses import dataclass, field

from wallet_api.audit.differences import Difference
from wallet_api.audit.past import WalletPast
from wallet_api.audit.reviews import Reviews
from wallet_api.audit.transfer_match import Transfers


@dataclass(slots=True)
class Verdict:
    """Of one wallet. Amounts in minor units."""

    currency: str | None
    balance_cents: int = 0
    held_cents: int = 0
    """Debited, but the payout is still under way."""
    owed_cents: int = 0
    """Debited, but the payout has failed, and the refund has not moved yet."""
    transfers_back_cents: int = 0
    """Of the refunds: what came back from other wallets."""
    transfers_under_way_cents: int = 0
    """Of what is held and owed: what is on its way to other wallets, or back."""
    moved_cents: Counter[str] = field(default_factory=Counter)
    """By kind of movement, signed; those not yet copied are among them."""
    wallets: int = 1
    entries: int = 0
    """Ledger entries that the wallet calls copied."""
    uncopied: int = 0
    """Movements that still wait in the outbox."""
    withdrawals: int = 0
    users_without_wallet: int = 0
    pasts: list[WalletPast] = field(default_factory=list)
    reviews: Reviews = field(default_factory=Reviews)
    transfers: Transfers = field(default_factory=Transfers)
    """That are still to be compared with other wallets."""
    differences: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class Total:
    """Of one currency. Amounts in minor units."""

    balance_cents: int = 0
    held_cents: int = 0
    owed_cents: int = 0
    transfers_back_cents: int = 0
    transfers_under_way_cents: int = 0
    moved_cents: Counter[str] = field(default_factory=Counter)

    @property
    def difference_cents(self) -> int:
        """Above zero: the wallets hold more than has been moved into them."""
        return self.balance_cents - sum(self.moved_cents.values())


@dataclass(slots=True)
class Summary:
    """Of the whole database, so far."""

    wallets: int = 0
    entries: int = 0
    uncopied: int = 0
    withdrawals: int = 0
    users_without_wallet: int = 0
    operator_acts: int = 0
    differences: int = 0
    reviews: Reviews = field(default_factory=Reviews)
    totals: dict[str, Total] = field(default_factory=dict)

    def add(self, verdict: Verdict) -> None:
        self.wallets += verdict.wallets
        self.entries += verdict.entries
        self.uncopied += verdict.uncopied
        self.withdrawals += verdict.withdrawals
        self.users_without_wallet += verdict.users_without_wallet
        self.differences += len(verdict.differences)
        self.reviews.include(verdict.reviews)
        if verdict.currency is None:
            return
        total = self.totals.setdefault(verdict.currency, Total())
        total.balance_cents += verdict.balance_cents
        total.held_cents += verdict.held_cents
        total.owed_cents += verdict.owed_cents
        total.transfers_back_cents += verdict.transfers_back_cents
        total.transfers_under_way_cents += verdict.transfers_under_way_cents
        for kind, amount_cents in verdict.moved_cents.items():
            total.moved_cents[kind] += amount_cents
