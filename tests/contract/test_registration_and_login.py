"""POST /auth/register and POST /auth/login: one user for one email, and one answer to a guess."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.people import Person
from wallet_api import errors
from wallet_api.config import settings
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import wallets
from wallet_api.users import passwords
from wallet_api.users import service as users

PASSWORD = "correct horse battery staple"
ADA = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "email": "Ada@Example.com",
    "password": PASSWORD,
}


@pytest.fixture(autouse=True)
def _on_a_fresh_database(app: Flask) -> None:
    """Everything here needs one, the calls of services too."""


def registered(email: str = "ada@example.com") -> ObjectId:
    return users.register("Ada", "Lovelace", email, PASSWORD)


def log_in(
    client: FlaskClient, email: str = "ada@example.com", password: str = PASSWORD
) -> TestResponse:
    return client.post("/auth/login", json={"email": email, "password": password})


def pointers(answer: TestResponse) -> list[str]:
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (400, "validation_failed")
    return sorted(error["pointer"] for error in answer.json["errors"])


def test_registration_makes_a_user_and_an_empty_wallet(client: FlaskClient) -> None:
    answer = client.post("/auth/register", json=ADA)

    assert answer.status_code == 201
    user, wallet = User.objects.get(), Wallet.objects.get()
    assert answer.json == {"message": "Registration successful", "userId": str(user.id)}
    assert (user.first_name, user.last_name, user.email) == ("Ada", "Lovelace", "ada@example.com")
    assert (wallet.user, wallet.currency, wallet.balance_cents) == (user.id, "INR", 0)


def test_the_stored_user_has_the_names_of_the_original(client: FlaskClient) -> None:
    client.post("/auth/register", json=ADA)

    stored = User._get_collection().find_one()

    assert stored is not None
    assert stored.keys() == {
        *("_id", "firstName", "lastName", "email", "password", "currency", "isActive"),
        *("createdAt", "schemaVersion"),
    }
    assert stored["password"].startswith("$argon2id$")


def test_a_user_of_the_original_can_be_read(client: FlaskClient) -> None:
    user = registered()
    User._get_collection().update_one(
        {"_id": user}, {"$set": {"__v": 0, "updatedAt": None}, "$unset": {"currency": ""}}
    )

    assert log_in(client).status_code == 200


def test_the_wallet_has_the_currency_asked_for(client: FlaskClient) -> None:
    client.post("/auth/register", json=ADA | {"currency": "KWD"})

    assert Wallet.objects.get().currency == "KWD"


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@EXAMPLE.COM", "ａda＠example．com"])  # noqa: RUF001
def test_a_taken_email_is_a_conflict_however_it_is_written(client: FlaskClient, email: str) -> None:
    client.post("/auth/register", json=ADA)

    answer = client.post("/auth/register", json=ADA | {"email": email, "password": "another one"})

    assert (answer.status_code, answer.json and answer.json["code"]) == (409, "email_taken")
    assert (User.objects.count(), Wallet.objects.count()) == (1, 1)
    assert log_in(client).status_code == 200


def test_50_registrations_of_one_email_at_once_make_one_user_and_one_wallet() -> None:
    spellings = ["ada@example.com", "Ada@example.com", "ADA@EXAMPLE.COM", "ada@Example.Com"]

    def outcome(number: int) -> str:
        try:
            return type(registered(spellings[number % 4])).__name__
        except errors.EmailTaken as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(50) as threads:
        outcomes = Counter(threads.map(outcome, range(50)))

    assert outcomes == {"ObjectId": 1, "EmailTaken": 49}
    assert (User.objects.count(), Wallet.objects.count()) == (1, 1)


def test_registering_again_opens_the_wallet_that_a_crash_left_out(client: FlaskClient) -> None:
    user = registered()
    Wallet.objects.delete()

    answer = client.post("/auth/register", json=ADA)

    assert answer.status_code == 409
    assert Wallet.objects.get().user == user


@pytest.mark.parametrize("member", ["firstName", "lastName", "email", "password"])
@pytest.mark.parametrize(
    "value", [..., None, "", " ", 1, True, ["x"], {"$ne": None}, "x\x00y", "\ud800", "x" * 300]
)
def test_a_bad_member_is_named(client: FlaskClient, member: str, value: Any) -> None:
    members = {name: each for name, each in (ADA | {member: value}).items() if each is not ...}

    assert pointers(client.post("/auth/register", json=members)) == [f"/{member}"]
    assert User.objects.count() == 0


def test_every_bad_member_is_named_at_once(client: FlaskClient) -> None:
    answer = client.post(
        "/auth/register",
        json={"firstName": " ", "email": "ada", "password": "short", "currency": "XXX", "is": 1},
    )

    assert pointers(answer) == [
        *("/currency", "/email", "/firstName", "/is", "/lastName", "/password")
    ]


@pytest.mark.parametrize("password", ["password", "1234567", "x" * 129])
def test_a_password_that_will_not_do_is_refused(client: FlaskClient, password: str) -> None:
    assert pointers(client.post("/auth/register", json=ADA | {"password": password})) == [
        "/password"
    ]


def test_login_gives_a_token_that_opens_the_wallet(client: FlaskClient) -> None:
    user = registered()

    answer = log_in(client, " ADA@example.com")

    assert answer.status_code == 200
    body = answer.get_json()
    token = body.pop("token")
    assert body.pop("refreshToken").startswith("wr_")
    assert body == {
        "user": {
            "id": str(user),
            "firstName": "Ada",
            "lastName": "Lovelace",
            "email": "ada@example.com",
            "isActive": True,
            "emailProved": False,
        },
        "expiresIn": settings().access_token_seconds,
    }
    shown = client.get("/wallets", headers={"Authorization": f"Bearer {token}"})
    assert shown.status_code == 200


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"email": "ada", "password": "x"}, ["/email"]),
        ({"email": {"$gt": ""}, "password": {"$gt": ""}}, ["/email", "/password"]),
        ({"email": "ada@example.com"}, ["/password"]),
        ({"email": "ada@example.com", "password": "x" * 129}, ["/password"]),
        ({"email": "ada@example.com", "password": "x", "admin": True}, ["/admin"]),
    ],
)
def test_a_login_that_can_not_be_read_is_a_bad_request(
    client: FlaskClient, members: dict[str, Any], named: list[str]
) -> None:
    assert pointers(client.post("/auth/login", json=members)) == named


@pytest.mark.in_process("a setting changes in the process of the test")
def test_the_hash_is_brought_up_to_date_at_login(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered()
    stronger = replace(settings(), argon2_time_cost=3)
    monkeypatch.setattr(passwords, "settings", lambda: stronger)

    answers = [log_in(client).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert "t=3" in User.objects.get().password_hash


def test_a_deactivated_user_is_shut_out_at_once_and_can_be_let_in_again_with_a_new_login(
    client: FlaskClient,
) -> None:
    registered()
    login = log_in(client).json
    assert login is not None
    bearer = {"Authorization": f"Bearer {login['token']}"}

    users.set_active("ADA@example.com", False)
    shut_out = client.get("/wallets", headers=bearer)
    users.set_active("ada@example.com", True)

    assert shut_out.status_code == 401
    assert client.get("/wallets", headers=bearer).status_code == 401, "no token is revived"
    again = log_in(client).json
    assert again is not None
    bearer = {"Authorization": f"Bearer {again['token']}"}
    assert client.get("/wallets", headers=bearer).status_code == 200


def test_a_deactivated_user_without_a_wallet_never_gets_an_active_one(client: FlaskClient) -> None:
    user = registered()
    Wallet.objects.delete()

    users.set_active("ada@example.com", False)
    client.post("/auth/register", json=ADA)
    wallets.open_wallet(user, "INR")

    assert [wallet.active for wallet in Wallet.objects] == [False]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/wallets", None),
        ("POST", "/wallets/deposit", {"amount": 1}),
        ("POST", "/wallets/deposit", {"amount": 1, "currency": "INR"}),
        ("POST", "/withdrawals", {"amount": 1, "currency": "INR", "destination": "bank-1"}),
        ("GET", "/wallets/transactions", None),
    ],
)
def test_no_wallet_is_opened_for_a_deactivated_user_who_has_none(
    alice: Person, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """As another system may leave a user: it would be open, and money would move."""
    Wallet.objects.delete()
    User.objects(id=alice.id).update_one(set__is_active=False)

    answer = alice.client.open(path, method=method, json=body, headers=alice.headers())

    assert answer.status_code == 401
    assert Wallet.objects.count() == 0


def test_nobody_can_not_be_deactivated() -> None:
    with pytest.raises(errors.NotFound):
        users.set_active("nobody@example.com", False)
