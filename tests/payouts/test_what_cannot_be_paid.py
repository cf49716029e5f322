"""What a gateway could never pay is refused before the debit, by the member that is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.people import someone
from wallet_api.config import settings
from wallet_api.payouts.adapters import registry

pytestmark = pytest.mark.in_process("the settings of the service change")

BANK = "bank:HDFC0001234:5012345678:Asha Rao"
UPI = "upi:asha.rao@okhdfc"


@pytest.fixture
def razorpayx(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("KEY_ID", "KEY_SECRET", "ACCOUNT_NUMBER"):
        monkeypatch.setenv(f"PAYOUT_RAZORPAYX_{name}", "1")
    monkeypatch.setenv("PAYOUT_RAZORPAYX_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PAYOUT_GATEWAY", "razorpayx")
    settings.cache_clear()
    yield
    registry.close_all()


@pytest.mark.parametrize(
    ("currency", "asked", "wrong"),
    [
        ("INR", {"amount": 0.99, "destination": BANK}, "/amount"),
        ("INR", {"amountCents": 99, "destination": BANK}, "/amountCents"),
        ("INR", {"amount": 100_001, "destination": UPI}, "/amount"),
        ("INR", {"amountCents": 100_001_00, "destination": UPI}, "/amountCents"),
        ("USD", {"amount": 5, "destination": BANK}, "/currency"),
        ("INR", {"amount": 5, "destination": "the shop around the corner"}, "/destination"),
        ("INR", {"amount": 5, "destination": "upi:asha"}, "/destination"),
        ("INR", {"amount": 5, "destination": "bank:HDFC0001234:5012345678:A"}, "/destination"),
    ],
)
def test_the_member_that_is_wrong_is_named(
    client: FlaskClient, razorpayx: None, currency: str, asked: dict[str, Any], wrong: str
) -> None:
    ada = someone(client, "ada@example.com", currency)
    assert ada.deposits(200_000).status_code == 200

    refused = ada.post("/withdrawals", asked)

    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.get_json()["errors"]] == [wrong]
    assert ada.balance() == 200_000_00
