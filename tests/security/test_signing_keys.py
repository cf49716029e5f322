"""Keys with a `kid`: the first signs, each verifies its own tokens, and none verifies another's."""

from collections.abc import Callable

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.security.forgery import HEADER, USER, assert_refused, claims, shown, signed
from wallet_api.auth import tokens
from wallet_api.callers import Caller
from wallet_api.config import settings

OLD, NEW = ("a" * 32, "b" * 32)

Rotate = Callable[..., None]


@pytest.fixture
def keys(guarded: Flask, monkeypatch: pytest.MonkeyPatch) -> Rotate:
    """Give the service other keys, as a HUP does; `alone`: without JWT_SECRET_KEY."""

    def rotate(*kids: str, alone: bool = False) -> None:
        parts = {"old": f"old:{OLD}", "new": f"new:{NEW}", "-": "-"}
        monkeypatch.setenv("JWT_SECRET_KEYS", ",".join(parts[kid] for kid in kids))
        if alone:
            monkeypatch.delenv("JWT_SECRET_KEY", raising=False)
        settings.cache_clear()
        tokens._remembered.clear()

    return rotate


def issued(app: Flask) -> str:
    with app.app_context():
        return tokens.issue(Caller(USER))


def test_a_token_from_before_the_keys_keeps_working(
    keys: Rotate, guarded: Flask, door: FlaskClient
) -> None:
    token = issued(guarded)

    keys("new")

    assert shown(door, f"Bearer {token}").text == str(USER)


def test_the_first_key_signs_and_is_named(keys: Rotate, guarded: Flask) -> None:
    keys("new", "old")

    token = issued(guarded)

    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": "new"}
    assert jwt.decode(token, NEW, ["HS256"], audience=settings().jwt_audience)["sub"] == str(USER)


def test_a_first_key_verifies_before_it_signs(
    keys: Rotate, guarded: Flask, door: FlaskClient
) -> None:
    keys("new")
    by_a_new_worker = issued(guarded)

    keys("-", "new")

    assert shown(door, f"Bearer {by_a_new_worker}").status_code == 200
    assert "kid" not in jwt.get_unverified_header(issued(guarded))
    assert shown(door, f"Bearer {issued(guarded)}").status_code == 200


@pytest.mark.parametrize("later", [("old", "new"), ("new", "old")])
def test_each_key_verifies_while_it_is_listed(
    keys: Rotate, guarded: Flask, door: FlaskClient, later: tuple[str, ...]
) -> None:
    keys("old")
    token = issued(guarded)

    keys(*later)

    assert shown(door, f"Bearer {token}").status_code == 200


def test_a_key_that_is_listed_no_more_verifies_nothing(
    keys: Rotate, guarded: Flask, door: FlaskClient
) -> None:
    keys("old")
    token = issued(guarded)

    keys("new")

    assert_refused(door, token)


@pytest.mark.parametrize(
    ("secret", "header"),
    [
        (OLD, {"kid": "new"}),
        (NEW, {"kid": "old"}),
        (OLD, {}),
        (NEW, {}),
        (NEW, {"kid": "NEW"}),
        (NEW, {"kid": "new "}),
        (NEW, {"kid": ""}),
        ("", {"kid": ""}),
        ("", {"kid": "unknown"}),
        ("", {"kid": "-"}),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_kid_chooses_one_key_and_no_other_is_tried(
    keys: Rotate, door: FlaskClient, secret: str, header: dict[str, str]
) -> None:
    keys("new", "old")

    assert_refused(door, jwt.encode(claims(), secret or "\0", "HS256", headers=HEADER | header))


@pytest.mark.parametrize("kid", ["unknown", "", "-", None, 1, True, ["new"], {"new": 1}])
def test_a_kid_that_nobody_knows_is_refused_though_jwt_secret_key_has_signed(
    keys: Rotate, door: FlaskClient, kid: object
) -> None:
    keys("new", "old")

    assert_refused(door, signed(HEADER | {"kid": kid}, claims()))


def test_without_a_secret_for_them_tokens_without_a_kid_are_refused(
    keys: Rotate, door: FlaskClient
) -> None:
    keys("new", alone=True)

    assert settings().jwt_secret_key == "", "an empty secret would let anybody sign"
    assert_refused(door, signed(HEADER, claims()))
    assert_refused(door, jwt.encode(claims(), NEW, "HS256"))


def test_the_library_itself_chooses_the_same_key(
    keys: Rotate, guarded: Flask, door: FlaskClient
) -> None:
    def asked(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return door.get("/by-the-library", headers=headers).status_code

    without_kid = issued(guarded)
    keys("old")
    old = issued(guarded)
    keys("new", "old")

    assert [asked(token) for token in (without_kid, old, issued(guarded))] == [200] * 3
    keys("new", alone=True)
    assert [asked(token) for token in (without_kid, old)] == [401] * 2
