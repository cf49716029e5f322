"""A clock that is held for the money alone: tokens must not expire while a test plays years."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from wallet_api import clock
from wallet_api.ledger import statement
from wallet_api.movements import attempts
from wallet_api.movements.limits import left
from wallet_api.movements.relay import durable_read

BOOKED = pytest.mark.in_process("when an entry is booked is held in the process of the test")
"""A service that is served books by its own clock and the database's."""
DATED_LISTS = ["/withdrawals", pytest.param("/wallets/transactions", marks=BOOKED)]
"""The lists whose times `money_moves_at` says."""


def money_moves_at(instant: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens from now on, happens at this instant."""
    held = SimpleNamespace(now=lambda: instant, rfc3339=clock.rfc3339)
    monkeypatch.setattr(attempts, "clock", held)
    monkeypatch.setattr(left, "clock", held)
    monkeypatch.setattr(durable_read, "BOOKING_WINDOW", timedelta(days=36_500))
    monkeypatch.setattr(statement, "clock", held)
