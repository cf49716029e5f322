"""A key gets its first answer, although the gateway of now could not pay what it asked for then."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.payouts.paying import Paying
from tests.support.people import Person, someone
from wallet_api.config import settings
from wallet_api.movements.used_keys import recent
from wallet_api.payouts.adapters import registry

pytestmark = pytest.mark.in_process("the settings of the service change")

FREE_TEXT = "the shop around the corner"
THEN = ("none", "http")

ChangeGateway = Callable[[str], None]


@pytest.fixture
def gateway_is(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> ChangeGateway:
    """As after a restart with another PAYOUT_GATEWAY."""
    for name in ("KEY_ID", "KEY_SECRET", "ACCOUNT_NUMBER"):
        monkeypatch.setenv(f"PAYOUT_RAZORPAYX_{name}", "1")
    monkeypatch.setenv("PAYOUT_RAZORPAYX_URL", "http://127.0.0.1:1")

    def change(name: str) -> None:
        monkeypatch.setenv("PAYOUT_GATEWAY", name)
        settings.cache_clear()
        registry.close_all()
        recent.clear()

    return change


@pytest.fixture
def ada(client: FlaskClient, paying: Paying) -> Person:
    person = someone(client, "ada@example.com")
    assert person.deposits(100).status_code == 200
    return person


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("then", THEN)
def test_it_is_answered_as_it_was_and_moves_nothing(
    ada: Person, paying: Paying, gateway_is: ChangeGateway, then: str, *, copied: bool
) -> None:
    gateway_is(then)
    first = ada.withdraws(30, "rent", FREE_TEXT).get_json()
    if copied:
        paying.sweep()
    gateway_is("razorpayx")

    again = ada.withdraws(30, "rent", FREE_TEXT)

    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert again.get_json() == first
    assert ada.balance() == 70_00


def test_a_refusal_stays_one(ada: Person, gateway_is: ChangeGateway) -> None:
    gateway_is("none")
    ada.withdraws(5000, "yacht", FREE_TEXT)
    gateway_is("razorpayx")

    again = ada.withdraws(5000, "yacht", FREE_TEXT)

    assert (again.status_code, again.get_json()["code"]) == (400, "insufficient_funds")
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("amount", "destination", "differing"),
    [(31, FREE_TEXT, ["amount"]), (30, "wallet:of my uncle", ["destination"])],
)
def test_another_request_under_the_key_is_refused_as_such(
    ada: Person, gateway_is: ChangeGateway, amount: int, destination: str, differing: list[str]
) -> None:
    gateway_is("none")
    ada.withdraws(30, "rent", FREE_TEXT)
    gateway_is("razorpayx")

    answer = ada.withdraws(amount, "rent", destination)

    assert (answer.status_code, answer.get_json()["differing"]) == (422, differing)
    assert ada.balance() == 70_00


@pytest.mark.parametrize("key", [None, "new"])
def test_a_new_one_is_refused_before_the_debit(
    ada: Person, gateway_is: ChangeGateway, key: str | None
) -> None:
    gateway_is("none")
    ada.withdraws(30, "rent", FREE_TEXT)
    gateway_is("razorpayx")

    answer = ada.withdraws(30, key, FREE_TEXT)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "validation_failed")
    assert answer.get_json()["errors"][0]["pointer"] == "/destination"
    assert ada.balance() == 70_00
