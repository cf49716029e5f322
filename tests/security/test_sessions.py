"""A session goes on by refresh tokens, each of which counts once, and ends for thieves too."""

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from flask.testing import FlaskClient
from pymongo.database import Database
from werkzeug.test import TestResponse

from tests.support.people import someone
from wallet_api import clock, database
from wallet_api.auth import refresh_tokens, sessions
from wallet_api.users import service as users

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"


@pytest.fixture
def ada(client: FlaskClient) -> ObjectId:
    return users.register("Ada", "Lovelace", EMAIL, PASSWORD)


@pytest.fixture
def login(client: FlaskClient, ada: ObjectId) -> dict[str, Any]:
    return log_in(client)


def log_in(client: FlaskClient) -> dict[str, Any]:
    answer = client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 200
    return dict(answer.get_json())


def refresh(client: FlaskClient, token: Any) -> TestResponse:
    return client.post("/auth/refresh", json={"refreshToken": token})


def refreshed(client: FlaskClient, token: str) -> dict[str, Any]:
    answer = refresh(client, token)
    assert answer.status_code == 200
    return dict(answer.get_json())


def asked(client: FlaskClient, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return client.get("/wallets", headers=headers).status_code


def log_out(client: FlaskClient, token: str, **body: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    return client.post("/auth/logout", json=body, headers=headers)


def assert_refused(answer: TestResponse) -> None:
    assert (answer.status_code, answer.get_json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def grace_is_over(db: Database) -> None:
    long_ago = clock.now() - timedelta(seconds=sessions.GRACE_SECONDS + 0.5)
    db.sessions.update_many({}, {"$set": {"rotatedAt": long_ago}})


def test_each_refresh_gives_the_next_tokens(client: FlaskClient, login: dict[str, Any]) -> None:
    token, seen = login["refreshToken"], {login["refreshToken"]}

    for _ in range(5):
        answer = refresh(client, token)
        body = answer.get_json()
        assert body.keys() == {"token", "refreshToken", "expiresIn"}
        assert answer.headers["Cache-Control"] == "no-store"
        assert asked(client, body["token"]) == 200
        token = body["refreshToken"]
        seen.add(token)

    assert len(seen) == 6


def test_an_answer_with_tokens_is_never_cached(client: FlaskClient, ada: ObjectId) -> None:
    answer = client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})

    assert answer.headers["Cache-Control"] == "no-store"


def test_a_doubled_request_gets_the_same_next_token(
    client: FlaskClient, login: dict[str, Any]
) -> None:
    answers = [refreshed(client, login["refreshToken"]) for _ in range(4)]

    assert len({answer["refreshToken"] for answer in answers}) == 1
    assert [asked(client, answer["token"]) for answer in answers] == [200] * 4
    assert refresh(client, answers[0]["refreshToken"]).status_code == 200


def test_a_token_used_again_after_the_grace_ends_the_session_for_both(
    client: FlaskClient, db: Database, login: dict[str, Any]
) -> None:
    following = refreshed(client, login["refreshToken"])
    grace_is_over(db)

    assert_refused(refresh(client, login["refreshToken"]))

    assert_refused(refresh(client, following["refreshToken"]))
    assert db.sessions.count_documents({}) == 0


def test_within_the_grace_only_the_token_before_counts(
    client: FlaskClient, db: Database, login: dict[str, Any]
) -> None:
    second = refreshed(client, login["refreshToken"])["refreshToken"]
    third = refreshed(client, second)["refreshToken"]

    assert_refused(refresh(client, login["refreshToken"]))

    assert_refused(refresh(client, third))


def test_the_end_of_one_session_ends_no_other(
    client: FlaskClient, db: Database, login: dict[str, Any]
) -> None:
    other = log_in(client)
    refreshed(client, login["refreshToken"])
    grace_is_over(db)
    refresh(client, login["refreshToken"])

    assert refresh(client, other["refreshToken"]).status_code == 200


@pytest.mark.parametrize(
    "made",
    [
        lambda login: login["token"],
        lambda login: "Bearer " + login["refreshToken"],
        lambda login: login["refreshToken"][3:],
        lambda login: login["refreshToken"].upper(),
        lambda login: login["refreshToken"] + "=",
        lambda login: login["refreshToken"] + "\n",
        lambda login: " " + login["refreshToken"],
        lambda login: "wr_" + "A" * 64,
        lambda login: "wr_" + "\u0661" * 64,
        lambda login: "",
        lambda login: "\ud800",
        lambda login: "a" * 60_000,
    ],
)
def test_what_is_no_refresh_token_of_a_session_is_refused_and_ends_none(
    client: FlaskClient, login: dict[str, Any], made: Any
) -> None:
    assert_refused(refresh(client, made(login)))

    assert refresh(client, login["refreshToken"]).status_code == 200


@pytest.mark.parametrize("token", [None, 1, True, [], {"$gt": ""}, ["wr_"]])
def test_what_is_no_text_is_bad_input(client: FlaskClient, token: Any) -> None:
    answer = refresh(client, token)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "validation_failed")


def test_a_refresh_token_is_no_bearer_token(client: FlaskClient, login: dict[str, Any]) -> None:
    assert asked(client, login["refreshToken"]) == 401

    assert refresh(client, login["refreshToken"]).status_code == 200


def test_the_database_holds_no_token(
    client: FlaskClient, db: Database, login: dict[str, Any]
) -> None:
    following = refreshed(client, login["refreshToken"])["refreshToken"]

    (session,) = db.sessions.find()

    held = b"".join(bytes(value) for value in session.values() if isinstance(value, bytes))
    for token in (login["refreshToken"], following):
        assert token not in repr(session)
        secret = refresh_tokens.read(token)
        assert secret is not None
        assert secret.secret not in held


def test_the_next_token_needs_the_services_key(
    client: FlaskClient, db: Database, login: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has stolen the database and an old token cannot make the one that counts."""
    first = refresh_tokens.read(login["refreshToken"])
    following = refreshed(client, login["refreshToken"])["refreshToken"]
    (session,) = db.sessions.find()
    assert first is not None
    assert first.successor(session["nonce"]).text == following

    monkeypatch.setattr(refresh_tokens, "digest_key", lambda: b"another key" * 3)

    assert first.successor(session["nonce"]).text != following


def test_sessions_expire_and_are_removed_by_the_database(
    client: FlaskClient, db: Database, login: dict[str, Any]
) -> None:
    db.sessions.update_many({}, {"$set": {"expiresAt": clock.now() - timedelta(seconds=1)}})

    assert_refused(refresh(client, login["refreshToken"]))

    assert db.sessions.index_information()["expiresAt_1"]["expireAfterSeconds"] == 0
    assert database.missing_indexes() == []


def test_a_refresh_lengthens_the_session(
    client: FlaskClient, db: Database, login: dict[str, Any]
) -> None:
    soon = clock.now() + timedelta(seconds=60)
    db.sessions.update_many({}, {"$set": {"expiresAt": soon}})

    refreshed(client, login["refreshToken"])

    (session,) = db.sessions.find()
    assert session["expiresAt"] > soon + timedelta(days=29)


def test_logout_ends_this_session_and_no_other(client: FlaskClient, login: dict[str, Any]) -> None:
    other = log_in(client)

    answer = log_out(client, login["token"])

    assert (answer.status_code, answer.get_json()) == (200, {"message": "Logged out"})
    assert_refused(refresh(client, login["refreshToken"]))
    assert refresh(client, other["refreshToken"]).status_code == 200
    assert asked(client, login["token"]) == 200, "until it expires, as documented"


def test_logout_ends_the_session_of_the_token_and_not_the_first(
    client: FlaskClient, login: dict[str, Any]
) -> None:
    second = log_in(client)

    log_out(client, second["token"])

    assert refresh(client, login["refreshToken"]).status_code == 200
    assert_refused(refresh(client, second["refreshToken"]))


def test_a_session_can_be_ended_by_a_token_of_any_of_its_refreshes(
    client: FlaskClient, login: dict[str, Any]
) -> None:
    following = refreshed(client, login["refreshToken"])

    log_out(client, following["token"])

    assert_refused(refresh(client, following["refreshToken"]))


def test_logout_everywhere_ends_every_token_at_once_and_a_new_login_works(
    client: FlaskClient, login: dict[str, Any]
) -> None:
    other = log_in(client)
    following = refreshed(client, other["refreshToken"])

    answer = log_out(client, login["token"], everywhere=True)

    assert answer.status_code == 200
    again = log_in(client)
    for token in (login["token"], other["token"], following["token"]):
        assert asked(client, token) == 401
        assert_refused(log_out(client, token, everywhere=True))
    for token in (login["refreshToken"], following["refreshToken"]):
        assert_refused(refresh(client, token))
    assert asked(client, again["token"]) == 200
    assert asked(client, refreshed(client, again["refreshToken"])["token"]) == 200


@pytest.mark.parametrize("everywhere", ["true", 1, 0, None, "", [], {}])
def test_everywhere_is_true_or_false(
    client: FlaskClient, login: dict[str, Any], everywhere: Any
) -> None:
    answer = log_out(client, login["token"], everywhere=everywhere)

    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.get_json()["errors"]] == ["/everywhere"]
    assert asked(client, login["token"]) == 200


def test_a_session_does_not_outlive_a_deactivation(
    client: FlaskClient, login: dict[str, Any]
) -> None:
    users.set_active(EMAIL, False)
    assert_refused(refresh(client, login["refreshToken"]))

    users.set_active(EMAIL, True)

    assert_refused(refresh(client, login["refreshToken"]))
    assert asked(client, login["token"]) == 401


def test_a_session_that_another_end_has_ended_gets_no_token_though_it_is_still_there(
    client: FlaskClient, db: Database, login: dict[str, Any]
) -> None:
    """As after a crash between the end of the logins and the removal of their sessions."""
    kept = db.sessions.find_one()
    log_out(client, login["token"], everywhere=True)
    db.sessions.insert_one(kept)

    assert_refused(refresh(client, login["refreshToken"]))


def test_a_token_without_a_session_can_log_out(client: FlaskClient, ada: ObjectId) -> None:
    """One of older code."""
    old = someone(client, "old@example.com")

    assert log_out(client, old.token).status_code == 200
    assert log_out(client, old.token, everywhere=True).status_code == 200
    assert asked(client, old.token) == 401
