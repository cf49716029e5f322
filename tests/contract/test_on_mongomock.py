"""Schemas, routes and errors without a server, on mongomock: one thread, no keys, funds to spare.

Not more: it has neither `$lookup` with a pipeline nor `$mergeObjects`, so that nothing is copied to
the ledger; its updates are not atomic, and its `find_one_and_update` returns nothing where the
update has made its own condition false.
"""

from collections.abc import Iterator

import mongoengine
import mongomock
import pytest
from flask.testing import FlaskClient

from tests.conftest import FOR_TESTS
from tests.support.people import Person
from wallet_api import config, database
from wallet_api.app import create_app
from wallet_api.movements.used_keys import recent

ADA = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": "Ada@Example.com",
    "password": "correct horse battery staple",
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    for name, value in FOR_TESTS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MONGO_URI", "mongodb://127.0.0.1:1/nowhere")
    config.settings.cache_clear()
    recent.clear()
    app = create_app()
    database.disconnect()
    mongoengine.connect(
        "mocked",
        host="mongodb://mocked",
        mongo_client_class=mongomock.MongoClient,
        tz_aware=True,
        uuidRepresentation="standard",
    )
    yield app.test_client()
    database.disconnect()
    config.settings.cache_clear()


@pytest.fixture
def ada(client: FlaskClient) -> Person:
    identifier = client.post("/auth/register", json=ADA).get_json()["userId"]
    login = {"email": ADA["email"], "password": ADA["password"]}
    return Person(identifier, client, client.post("/auth/login", json=login).get_json()["token"])


def test_a_person_goes_from_registration_to_a_balance(ada: Person) -> None:
    deposit = ada.deposits(100.5)
    withdrawal = ada.withdraws(50.25)

    assert (deposit.status_code, deposit.get_json()["balanceCents"]) == (200, 10050)
    assert (withdrawal.status_code, withdrawal.get_json()["balanceCents"]) == (201, 5025)
    assert ada.balance() == 5025


def test_an_email_registers_once(client: FlaskClient, ada: Person) -> None:
    again = client.post("/auth/register", json=ADA | {"email": "ADA@example.com"})

    assert (again.status_code, again.get_json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize("body", [{}, {"amount": "5"}, {"amount": 0}, {"amount": 1, "more": 1}])
def test_a_body_that_breaks_a_rule_is_a_problem(ada: Person, body: dict[str, object]) -> None:
    answer = ada.post("/wallets/deposit", body)

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["code"] == "validation_failed"


def test_a_stranger_is_unauthorized(client: FlaskClient) -> None:
    assert client.get("/wallets").status_code == 401


def test_another_users_withdrawal_is_not_found(ada: Person) -> None:
    assert ada.get("/withdrawals/6b046aa761bd698058eff8c4").status_code == 404
