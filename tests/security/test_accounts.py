"""What users do with their own accounts: see them, change a name, change the password."""

from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.security.test_sessions import EMAIL, PASSWORD, asked, assert_refused, refresh, refreshed
from wallet_api.documents.user import User
from wallet_api.users import service as users

NEW = "tidal-lantern-42-moss"


@pytest.fixture
def login(client: FlaskClient) -> dict[str, Any]:
    users.register("Ada", "Lovelace", EMAIL, PASSWORD)
    return log_in(client, PASSWORD).get_json()


def log_in(client: FlaskClient, password: str) -> TestResponse:
    return client.post("/auth/login", json={"email": EMAIL, "password": password})


def call(client: FlaskClient, token: str, method: str, path: str, body: Any = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    return client.open(path, method=method, json=body, headers=headers)


def change(client: FlaskClient, token: str, password: str, new: Any) -> TestResponse:
    body = {"password": password, "newPassword": new}
    return call(client, token, "POST", "/auth/password", body)


def test_me_is_who_has_logged_in(client: FlaskClient, login: dict[str, Any]) -> None:
    answer = call(client, login["token"], "GET", "/auth/me")

    assert (answer.status_code, answer.get_json()) == (200, login["user"])


@pytest.mark.parametrize(
    "names",
    [{"firstName": "Augusta"}, {"lastName": "King"}, {}, {"firstName": "A", "lastName": "B"}],
)
def test_names_change_and_what_is_left_out_stays(
    client: FlaskClient, login: dict[str, Any], names: dict[str, str]
) -> None:
    answer = call(client, login["token"], "PATCH", "/auth/me", names)

    assert (answer.status_code, answer.get_json()) == (200, login["user"] | names)
    assert call(client, login["token"], "GET", "/auth/me").get_json() == login["user"] | names


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"firstName": " "}, "/firstName"),
        ({"lastName": None}, "/lastName"),
        ({"firstName": "a" * 101}, "/firstName"),
        ({"email": "eve@example.com"}, "/email"),
        ({"isActive": True}, "/isActive"),
        ({"password": NEW}, "/password"),
    ],
)
def test_nothing_else_of_an_account_can_be_changed(
    client: FlaskClient, login: dict[str, Any], body: dict[str, Any], pointer: str
) -> None:
    before = User.objects.get().to_mongo()

    answer = call(client, login["token"], "PATCH", "/auth/me", body)

    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.get_json()["errors"]] == [pointer]
    assert User.objects.get().to_mongo() == before


def test_a_new_password_ends_every_token_of_before_and_gives_new_ones(
    client: FlaskClient, login: dict[str, Any]
) -> None:
    other = log_in(client, PASSWORD).get_json()

    answer = change(client, login["token"], PASSWORD, NEW)

    new = answer.get_json()
    assert (answer.status_code, new.keys()) == (200, {"token", "refreshToken", "expiresIn"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert asked(client, new["token"]) == 200, "in the second of the change"
    assert [asked(client, each["token"]) for each in (login, other)] == [401, 401]
    for each in (login, other):
        assert_refused(refresh(client, each["refreshToken"]))
    assert asked(client, refreshed(client, new["refreshToken"])["token"]) == 200
    assert [log_in(client, each).status_code for each in (PASSWORD, NEW)] == [401, 200]


def test_a_wrong_password_changes_nothing_and_ends_nothing(
    client: FlaskClient, login: dict[str, Any]
) -> None:
    answer = change(client, login["token"], "not the password", NEW)

    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_credentials")
    assert asked(client, login["token"]) == 200
    assert log_in(client, PASSWORD).status_code == 200


@pytest.mark.usefixtures("within_one_window")
@pytest.mark.in_process("the clock stands still")
def test_whoever_has_stolen_a_token_guesses_the_password_as_often_as_at_the_login(
    client: FlaskClient, login: dict[str, Any]
) -> None:
    answers = [change(client, login["token"], f"guess {n}", NEW) for n in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert change(client, login["token"], PASSWORD, NEW).status_code == 429


@pytest.mark.usefixtures("within_one_window")
@pytest.mark.in_process("the clock stands still")
def test_right_passwords_use_up_no_tries(client: FlaskClient, login: dict[str, Any]) -> None:
    token, passwords = login["token"], [PASSWORD, NEW] * 7

    for old, new in pairwise(passwords):
        answer = change(client, token, old, new)
        assert answer.status_code == 200
        token = answer.get_json()["token"]


@pytest.mark.parametrize("new", ["short", "password1", "a" * 129, "with\x00control", None, 1, {}])
def test_a_new_password_keeps_the_rules_of_registration(
    client: FlaskClient, login: dict[str, Any], new: Any
) -> None:
    answer = change(client, login["token"], PASSWORD, new)

    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.get_json()["errors"]] == ["/newPassword"]
    assert asked(client, login["token"]) == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/auth/me", None),
        ("PATCH", "/auth/me", {"firstName": "Eve"}),
        ("POST", "/auth/password", {"password": PASSWORD, "newPassword": NEW}),
        ("POST", "/auth/logout", {"everywhere": True}),
    ],
)
def test_a_token_of_an_ended_login_or_none_reaches_no_account(
    client: FlaskClient, login: dict[str, Any], method: str, path: str, body: Any
) -> None:
    users.set_active(EMAIL, False)
    users.set_active(EMAIL, True)
    before = User.objects.get().to_mongo()

    for token in (login["token"], login["refreshToken"], ""):
        assert_refused(call(client, token, method, path, body))

    assert User.objects.get().to_mongo() == before
