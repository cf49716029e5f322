"""The days for which withdrawals are counted, by the time zone of the settings."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from wallet_api.config import settings

DAY = timedelta(days=1)


def day_of(at: datetime) -> str:
    """20260224: the name of the day's member in a wallet."""
    return at.astimezone(settings().withdrawal_limits.zone).date().isoformat().replace("-", "")


def end_of(day: str) -> datetime:
    """The first instant of the next day."""
    midnight = datetime.combine(date.fromisoformat(day) + DAY, time.min)
    return midnight.replace(tzinfo=settings().withdrawal_limits.zone).astimezone(UTC)


def over(spent: Any, at: datetime) -> list[str]:
    """The days of a wallet's sums before yesterday. Yesterday stays: the clocks of two hosts may
    differ at midnight. What is no day, of a damaged wallet, stays for a person to see."""
    yesterday = day_of(at - DAY)
    if not isinstance(spent, dict):
        return []
    return [day for day in spent if day.isdigit() and day < yesterday]
