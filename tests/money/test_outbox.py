"""What waits in a wallet is bounded: the request that finds no room makes some."""

import pytest
from flask import Flask
from pymongo.errors import AutoReconnect

from tests.support.books import assert_books_balance, balance_of, entries_of
from tests.support.people import funded
from wallet_api.config import settings
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import InsufficientFunds
from wallet_api.movements import Order, post
from wallet_api.movements.relay import copy

LIMIT = 4


@pytest.fixture(autouse=True)
def _a_small_outbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOX_LIMIT", str(LIMIT))
    settings.cache_clear()


@pytest.mark.parametrize("keyed", [False, True], ids=["without keys", "with keys"])
def test_the_outbox_never_holds_more_than_its_limit(keyed: bool) -> None:
    user = funded(0)

    for number in range(3 * LIMIT):
        post(Order(user, MovementKind.DEPOSIT, 1, "INR", f"k{number}" if keyed else None))

        assert Wallet.objects(user=user, **{f"outbox__{LIMIT}__exists": True}).count() == 0
    assert balance_of(user) == 3 * LIMIT
    assert_books_balance(user)


def test_refusals_too_find_room() -> None:
    user = funded(0)

    for number in range(3 * LIMIT):
        with pytest.raises(InsufficientFunds):
            post(Order(user, MovementKind.WITHDRAWAL, -1, "INR", f"k{number}", "bank"))

    assert_books_balance(user)


def test_where_no_room_can_be_made_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    user = funded(0)
    for _ in range(LIMIT):
        post(Order(user, MovementKind.DEPOSIT, 1, "INR"))

    def unreachable(_: object, only_if: object = None) -> int:
        raise AutoReconnect("no database")

    monkeypatch.setattr(copy, "copy_outbox", unreachable)
    with pytest.raises(AutoReconnect):
        post(Order(user, MovementKind.DEPOSIT, 1, "INR", "k"))

    assert balance_of(user) == LIMIT
    assert entries_of(user) == []
