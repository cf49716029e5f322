"""DEPOSITS says who may put money in: each user, as in the original, or a back end alone."""

import pytest
from flask.testing import FlaskClient

from tests.support.back_ends import back_end
from tests.support.people import Person
from wallet_api.callers import ANY_EPOCH, Caller
from wallet_api.config import settings
from wallet_api.movements.wallets import read_wallet

pytestmark = pytest.mark.in_process("sets the settings of its process")


@pytest.fixture
def by_back_ends(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPOSITS", "backend")
    settings.cache_clear()


def test_by_default_users_put_money_in_themselves(alice: Person) -> None:
    assert settings().deposits == "user"
    assert alice.deposits(1).status_code == 200


@pytest.mark.usefixtures("by_back_ends")
def test_a_user_is_refused_with_a_code_where_back_ends_do_it(alice: Person) -> None:
    answers = [alice.deposits(1), alice.deposits(1, "k"), alice.deposits("nonsense")]

    for answer in answers:
        assert (answer.status_code, answer.get_json()["code"]) == (403, "back_end_only")
    assert read_wallet(Caller(alice.id, ANY_EPOCH)).balance_cents == 0


@pytest.mark.usefixtures("by_back_ends")
def test_a_back_end_puts_money_in_and_the_user_takes_it_out(alice: Person) -> None:
    shop = back_end(alice.client)

    assert shop.deposits(alice.id, 2).status_code == 200
    assert alice.withdraws(1).status_code == 201
    assert alice.balance() == 100


@pytest.mark.usefixtures("by_back_ends")
def test_a_refusal_does_not_stick_to_its_key(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.deposits(1, "k")
    monkeypatch.setenv("DEPOSITS", "user")
    settings.cache_clear()

    again = alice.deposits(1, "k")

    assert again.status_code == 200
    assert "Idempotent-Replayed" not in again.headers


@pytest.mark.usefixtures("by_back_ends")
def test_nobody_without_a_token_learns_of_the_setting(client: FlaskClient) -> None:
    answer = client.post("/wallets/deposit", json={"amount": 1})

    assert (answer.status_code, answer.get_json()["code"]) == (401, "unauthenticated")
