"""What the audit has against a wallet, in words and in figures."""

from dataclasses import dataclass
from typing import Any

from wallet_api.money import as_shown

DIFFERENCES_PER_WALLET = 1000
"""More of one wallet are not kept, so that a corrupt wallet does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the books contradict each other."""

    kind: str
    """Stable, snake_case."""
    wallet: str
    """The id of the wallet's user."""
    detail: str
    entry: str | None = None
    """The id of the ledger entry, movement or withdrawal."""
    sequence: int | None = None
    amount_cents: int | None = None
    """Minor units, signed: what is too much (or, below zero, too little), or what is concerned."""
    currency: str | None = None

    @property
    def identity(self) -> tuple[str, str, str | None, int | None]:
        """What stays the same while the amounts move on, from one reading to the next."""
        return self.kind, self.wallet, self.entry, self.sequence


class Findings:
    """The differences of one wallet, as one reading finds them."""

    def __init__(self, wallet: Any, currency: str | None) -> None:
        self.wallet = str(wallet)
        self.currency = currency
        self.differences: list[Difference] = []

    def add(
        self,
        kind: str,
        detail: str,
        *,
        entry: Any = None,
        sequence: int | None = None,
        amount_cents: int | None = None,
    ) -> None:
        if len(self.differences) > DIFFERENCES_PER_WALLET:
            return
        if len(self.differences) == DIFFERENCES_PER_WALLET:
            kind, detail = "more", f"more than {DIFFERENCES_PER_WALLET} differences in this wallet"
            entry = sequence = amount_cents = None
        self.differences.append(
            Difference(
                kind=kind,
                wallet=self.wallet,
                detail=detail,
                entry=None if entry is None else str(entry),
                sequence=sequence,
                amount_cents=amount_cents,
                currency=self.currency,
            )
        )

    def money(self, amount_cents: int) -> str:
        return as_shown(amount_cents, self.currency)
