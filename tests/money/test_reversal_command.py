"""`reverse` refunds once, and says the second time when and why it had been refunded before."""

import re

import pytest
from bson import ObjectId
from flask import Flask

from tests.support.people import funded
from wallet_api.callers import Caller
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.money import as_shown
from wallet_api.movements import Order, post, settled


def withdrawn(amount_cents: int, currency: str) -> tuple[ObjectId, ObjectId]:
    """The user, and the withdrawal."""
    user = funded(amount_cents, currency)
    order = Order(user, MovementKind.WITHDRAWAL, -amount_cents, currency, None, "bank:1")
    withdrawal = post(order).id
    settled(Caller(user))
    return user, withdrawal


@pytest.mark.parametrize("reason", ["account closed", "another one"])
def test_the_second_time_it_says_when_and_why_and_moves_nothing(app: Flask, reason: str) -> None:
    user, withdrawal = withdrawn(3025, "INR")
    command = ["reverse", str(withdrawal), "--reason"]
    first = app.test_cli_runner().invoke(args=[*command, "account closed"])

    second = app.test_cli_runner().invoke(args=[*command, reason])

    assert re.fullmatch(r"Refunded INR 30\.25, ledger entry [0-9a-f]{24}\n", first.output)
    assert second.exit_code == 0
    assert re.fullmatch(
        r"Nothing was moved: INR 30\.25 had been refunded before, at \d{4}-\d\d-\d\dT[\d:]{8}Z, "
        r"because: account closed \(ledger entry [0-9a-f]{24}\)\n",
        second.output,
    )
    assert Wallet.objects.get(user=user).balance_cents == 3025


@pytest.mark.parametrize(
    ("amount_cents", "currency", "told"),
    [
        (3025, "INR", "INR 30.25"),
        (3000, "JPY", "JPY 3000"),
        (1234, "KWD", "KWD 1.234"),
        (-100, "INR", "INR -1.00"),
        (9_000_000_000_000_000, "INR", "INR 90000000000000.00"),
        (7, "???", "7 minor units of ???"),
        (7, None, "7 minor units of None"),
    ],
)
def test_an_amount_is_shown_as_its_currency_has_it(
    amount_cents: int, currency: str | None, told: str
) -> None:
    assert as_shown(amount_cents, currency) == told
