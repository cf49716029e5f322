"""No forged or altered token opens a door, not even one with a right signature (RFC 8725)."""

import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from bson import ObjectId
from flask.testing import FlaskClient

from tests.security.forgery import (
    HEADER,
    USER,
    assert_refused,
    base64url,
    claims,
    shown,
    signed,
)
from wallet_api.config import settings


def test_a_token_signed_by_hand_with_the_same_claims_is_as_good(door: FlaskClient) -> None:
    # Without it, every refusal below might have another reason than the one named.
    answer = shown(door, f"Bearer {signed(HEADER, claims())}")

    assert answer.text == str(USER)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "A" * 43])
def test_a_token_without_a_signature_is_refused(
    door: FlaskClient, algorithm: str, signature: str
) -> None:
    unsigned = signed(HEADER | {"alg": algorithm}, claims()).rsplit(".", 1)[0]

    assert_refused(door, f"{unsigned}.{signature}")


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_though_the_secret_is_right(
    door: FlaskClient, algorithm: str
) -> None:
    assert_refused(door, jwt.encode(claims(), settings().jwt_secret_key, algorithm))


def test_a_right_signature_does_not_make_up_for_a_wrong_algorithm(door: FlaskClient) -> None:
    for algorithm in ("HS512", "RS256", "none", "hs256", None, 1, ["HS256"]):
        assert_refused(door, signed({"alg": algorithm, "typ": "JWT"}, claims()))


@pytest.mark.parametrize(
    "secret", ["", "secret", "wallet_api", "0" * 64, "change-me", "\0" * 32, "HS256"]
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_guessed_secret_is_refused(door: FlaskClient, secret: str) -> None:
    content = signed(HEADER, claims()).rsplit(".", 1)[0]
    guess = hmac.new(secret.encode(), content.encode(), hashlib.sha256).digest()

    assert_refused(door, f"{content}.{base64url(guess)}")


@pytest.mark.parametrize(
    "member",
    [
        {"kid": "../../dev/null"},
        {"kid": "' UNION SELECT 'key"},
        {"jku": "https://attacker.example/keys"},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"x5u": "https://attacker.example/cert"},
        {"crit": ["b64"], "b64": True},
        {"cty": "JWT"},
        {"typ": "at+jwt"},
        {"typ": None},
    ],
)
def test_a_header_that_says_more_than_algorithm_and_type_is_refused(
    door: FlaskClient, member: dict[str, Any]
) -> None:
    assert_refused(door, signed(HEADER | member, claims()))


@pytest.mark.parametrize("name", ["iss", "aud", "type", "sub", "jti", "iat", "nbf", "exp"])
@pytest.mark.parametrize(
    "value", [..., None, "", True, 1.5, [], {}, {"$gt": ""}, -1, 10**30, float("nan")]
)
def test_a_claim_that_is_missing_or_of_another_kind_is_refused(
    door: FlaskClient, name: str, value: Any
) -> None:
    assert_refused(door, signed(HEADER, claims(**{name: value})))


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "refresh"},
        {"type": "ACCESS"},
        {"iss": "another"},
        {"aud": "another"},
        {"aud": ["wallet_api"]},
        {"sub": "not an id"},
        {"sub": "a" * 23},
        {"sub": "a" * 12},
        {"sub": "a" * 25},
        {"sub": f"{USER}\x00"},
        {"exp": int(time.time())},
        {"exp": str(int(time.time()) + 60)},
        {"iat": "1"},
        {"nbf": "1"},
        {"exp": float(time.time() + 60)},
        {"exp": 253_402_300_800},
        {"iat": int(time.time()) + 3_600},
        {"nbf": int(time.time()) + 3_600},
    ],
)
def test_a_claim_that_does_not_fit_is_refused(door: FlaskClient, changed: dict[str, Any]) -> None:
    assert_refused(door, signed(HEADER, claims(**changed)))


def test_a_claim_given_twice_is_refused(door: FlaskClient) -> None:
    once = json.dumps(claims())

    for twice in (f'"sub": "{ObjectId()}"', f'"exp": {2**31}', '"x": {"a": 1, "a": 2}'):
        assert_refused(door, signed(HEADER, f"{once[:-1]}, {twice}}}"))


@pytest.mark.parametrize(
    "payload", ["", "[]", "null", '"x"', "{", "[" * 500, '{"exp": ' + "9" * 1000 + "}", "\ud7ff"]
)
def test_a_payload_that_is_no_object_is_refused(door: FlaskClient, payload: str) -> None:
    assert_refused(door, signed(HEADER, payload))


def test_no_character_of_a_token_can_be_changed(door: FlaskClient, token: str) -> None:
    for place, character in enumerate(token):
        for other in "AQgw9_.":
            if other != character:
                assert_refused(door, token[:place] + other + token[place + 1 :])


def test_a_signature_has_one_spelling_only(door: FlaskClient, token: str) -> None:
    # Base64 ignores the last two bits of the last character.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])

    for twin in range(last & ~3, (last & ~3) + 4):
        if twin != last:
            assert_refused(door, token[:-1] + alphabet[twin])
    assert_refused(door, f"{token}=")


def test_a_token_of_absurd_length_is_refused_before_it_is_read(
    door: FlaskClient, verified: list[str]
) -> None:
    endless = signed(HEADER, claims(x="x" * 100_000))

    assert_refused(door, endless)

    assert verified == []
