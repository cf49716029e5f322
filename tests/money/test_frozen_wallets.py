"""Nothing goes into a frozen wallet or out of it, and its user may log in and look at it."""

from typing import Any

import pytest
from bson import ObjectId
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from tests.money.audit_books import audited, refunded
from tests.support.back_ends import back_end
from tests.support.books import assert_books_balance
from tests.support.people import Person, someone
from wallet_api.documents.operator_act import OperatorAct
from wallet_api.documents.wallet import Wallet
from wallet_api.movements.used_keys import recent

pytestmark = pytest.mark.in_process("runs commands in its process")

EMAIL = "ada@example.com"
LOGIN = {"email": EMAIL, "password": "correct horse battery"}


@pytest.fixture
def run(app: Flask) -> Any:
    def invoke(*args: str) -> Result:
        return app.test_cli_runner().invoke(args=list(args))

    return invoke


@pytest.fixture
def freeze(run: Any) -> Any:
    return lambda who=EMAIL: run("wallets", "freeze", who, "--reason", "a stolen phone")


@pytest.fixture
def unfreeze(run: Any) -> Any:
    return lambda who=EMAIL: run("wallets", "unfreeze", who, "--reason", "found again")


@pytest.fixture
def ada(client: FlaskClient) -> Person:
    person = someone(client, EMAIL)
    assert person.deposits(100, "salary").status_code == 200
    assert person.withdraws(30, "rent").status_code == 201
    return person


def test_nothing_goes_in_or_out(ada: Person, freeze: Any) -> None:
    assert freeze().output == f"The wallet of {ada.id} is frozen\n"

    for refused in ada.withdraws(1), ada.withdraws(1, "k"), ada.deposits(1), ada.withdraws(999):
        assert refused.status_code == 403
        assert refused.get_json()["code"] == "wallet_frozen"
    assert ada.balance() == 70_00
    assert_books_balance(ada.id)


def test_its_user_logs_in_and_looks_and_out(ada: Person, freeze: Any, client: FlaskClient) -> None:
    freeze()

    assert client.post("/auth/login", json=LOGIN).status_code == 200
    assert ada.get("/withdrawals").status_code == 200
    assert ada.get("/auth/me").get_json()["isActive"] is True
    assert ada.logs_out(everywhere=True).status_code < 300
    assert ada.get("/wallets").status_code == 401


def test_a_back_end_puts_nothing_in(ada: Person, freeze: Any) -> None:
    freeze()

    refused = back_end(ada.client).deposits(ada.id, 1)

    assert refused.get_json()["code"] == "wallet_frozen"


def test_a_key_of_before_gets_its_first_answer(ada: Person, freeze: Any) -> None:
    freeze()
    recent.clear()

    for again in ada.withdraws(30, "rent"), ada.deposits(100, "salary"):
        assert again.status_code in (200, 201)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert ada.balance() == 70_00


def test_a_refund_comes_in(ada: Person, freeze: Any) -> None:
    withdrawal = ada.withdraws(5).get_json()["id"]
    freeze()

    refunded(ada.id, 5_00, ObjectId(withdrawal))

    assert ada.balance() == 70_00


def test_money_moves_again_once_it_is_not_frozen_any_more(
    ada: Person, freeze: Any, unfreeze: Any
) -> None:
    freeze()

    assert unfreeze(str(ada.id)).exit_code == 0

    assert ada.withdraws(1).status_code == 201
    assert "frozen" not in Wallet._get_collection().find_one({"user": ada.id})
    told = [(act["command"], act["reason"]) for act in OperatorAct._get_collection().find({})]
    assert told == [("wallets freeze", "a stolen phone"), ("wallets unfreeze", "found again")]


def test_twice_is_refused(ada: Person, freeze: Any, unfreeze: Any) -> None:
    assert unfreeze().exit_code == 1
    freeze()
    assert freeze().exit_code == 1
    unfreeze()
    assert unfreeze().exit_code == 1
    assert freeze("nobody@example.com").exit_code == 1


@pytest.mark.parametrize("order", ["freeze first", "deactivate first"])
@pytest.mark.parametrize("back", ["unfreeze first", "activate first"])
def test_both_must_be_over_for_money_to_move(
    ada: Person, run: Any, freeze: Any, unfreeze: Any, order: str, back: str
) -> None:
    def activate() -> object:
        return run("activate", EMAIL)

    def deactivate() -> object:
        return run("deactivate", EMAIL)

    for stop in (freeze, deactivate) if order == "freeze first" else (deactivate, freeze):
        stop()
        assert audited("--verify-chain").differences == []
    assert ada.logged_in_again.get("/wallets").status_code == 401
    one, other = (unfreeze, activate) if back == "unfreeze first" else (activate, unfreeze)

    one()
    assert ada.logged_in_again.withdraws(1).status_code in (401, 403)
    other()

    assert ada.logged_in_again.withdraws(1).status_code == 201
    assert audited("--verify-chain").differences == []


def test_an_erased_wallet_stays_closed(ada: Person, run: Any, freeze: Any, unfreeze: Any) -> None:
    freeze()
    assert run("erase", EMAIL, "--yes").exit_code == 0

    assert unfreeze(str(ada.id)).exit_code == 1
    assert freeze(str(ada.id)).exit_code == 1

    assert Wallet.objects.get(user=ada.id).active is False
    assert audited("--verify-chain").differences == []
