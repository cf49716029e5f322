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

    def add(self, movement: dict[str, Any]) -> None:
        """A withdrawal, or a refund, which has given back: an entry, or one of the outbox."""
        if isinstance(day := movement.get("limitDay"), str):
            self._cents[day] -= movement["amountCents"]
            self._count[day] += 1 if movement["amountCents"] < 0 else -1

    def end(self, now: datetime) -> None:
        """Compare the days that the wallet still has, and today, which it must have."""
        for day in self._spent.keys() | {day for day in self._cents if day >= day_of(now)}:
            told = self._spent.get(day, {"cents": 0, "count": 0})
            if (told["cents"], told["count"]) != (self._cents[day], self._count[day]):
                detail = (
                    f"on {day} the wallet has counted {told['count']} withdrawals of "
                    f"{self._found.money(told['cents'])} for its limits, its movements say "
                    f"{self._count[day]} of {self._found.money(self._cents[day])}"
                )
                self._found.add("day_sum", detail, amount_cents=told["cents"] - self._cents[day])
