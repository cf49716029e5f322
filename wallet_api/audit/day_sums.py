"""Whether the sums of days in a wallet are those of the movements that were counted for them."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from wallet_api.audit.differences import Findings
from wallet_api.audit.wallet_as_read import WalletAsRead
from wallet_api.movements.limits.days import day_of


class DaySums:
    """A sum that is too small lets a user withdraw more than the day allows."""

    def __init__(self, wallet: WalletAsRead, found: Findings) -> None:
        self._spent = wallet.spent
        self._found = found
        self._cents: dict[str, int] = defaultdict(int)
        self._count: dict[str, int] = defaultdict(int)
        self._new_cents: dict[str, int] = defaultdict(int)

    def add(self, movement: dict[str, Any]) -> None:
        """A withdrawal, or a refund, which has given back: an entry, or one of the outbox."""
        if isinstance(day := movement.get("limitDay"), str):
            self._cents[day] -= movement["amountCents"]
            self._count[day] += 1 if movement["amountCents"] < 0 else -1
            if movement.get("newDestination"):
                self._new_cents[day] -= movement["amountCents"]

    def end(self, now: datetime) -> None:
        """Compare the days that the wallet still has, and today, which it must have."""
        for day in self._spent.keys() | {day for day in self._cents if day >= day_of(now)}:
            told = self._spent.get(day, {"cents": 0, "count": 0})
            in_wallet = told["cents"], told["count"], told.get("newCents", 0)
            by_movements = self._cents[day], self._count[day], self._new_cents[day]
            if in_wallet != by_movements:
                detail = (
                    f"on {day} the wallet has counted {self._shown(*in_wallet)} for its limits, "
                    f"its movements say {self._shown(*by_movements)}"
                )
                difference = told["cents"] - self._cents[day]
                self._found.add("day_sum", detail, amount_cents=difference)

    def _shown(self, cents: int, count: int, new_cents: int) -> str:
        money = self._found.money
        return f"{count} withdrawals of {money(cents)} ({money(new_cents)} to new destinations)"
