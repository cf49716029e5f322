"""Lists as tests read them, and a wallet whose lists are worth reading."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.people import Person
from tests.support.time import money_moves_at
from wallet_api import clock
from wallet_api.movements.relay.copy import copy_outbox

LISTS = ["/withdrawals", "/wallets/transactions"]
START = datetime(2026, 2, 24, 12, 0, tzinfo=UTC)


def at(minutes: float) -> str:
    return clock.rfc3339(START + timedelta(minutes=minutes))


def ask(person: Person, path: str, **members: Any) -> dict[str, Any]:
    answer = person.get(f"{path}?{urlencode(members)}")
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def pages(person: Person, path: str, **members: Any) -> Iterator[list[dict[str, Any]]]:
    """Every page of the list, following its cursors."""
    page = ask(person, path, **members)
    while True:
        yield page["data"]
        assert page["hasMore"] is (page["nextCursor"] is not None)
        if not page["hasMore"]:
            return
        page = ask(person, path, cursor=page["nextCursor"], limit=members.get("limit", 20))


def ids(page: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in page]


def amounts(page: list[dict[str, Any]]) -> list[int]:
    return [item["amountCents"] // 100 for item in page]


def keep_busy(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deposit, and then 7 withdrawals of 1 to 7, of which every two share an instant."""
    mover = person.in_process
    money_moves_at(START - timedelta(minutes=1), monkeypatch)
    mover.deposits(1000)
    for number in range(1, 8):
        money_moves_at(START + timedelta(minutes=number // 2), monkeypatch)
        mover.withdraws(number, f"k{number}")
    copy_outbox(person.id)  # while the clock is held
