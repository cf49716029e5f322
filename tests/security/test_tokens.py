"""Only this service's own, unexpired access tokens open a door (RFC 8725)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from bson import ObjectId
from flask import Flask, g
from flask.testing import FlaskClient
from flask_jwt_extended import create_refresh_token, jwt_required
from werkzeug.test import TestResponse

from wallet_api import clock
from wallet_api.auth import tokens
from wallet_api.auth.guard import login_required
from wallet_api.config import settings
from wallet_api.errors import Unauthenticated
from wallet_api.web import problems

USER = ObjectId()
HEADER = {"alg": "HS256", "typ": "JWT"}


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    tokens.configure(app)
    problems.install(app)

    @app.get("/mine")
    @login_required
    def mine() -> str:
        return str(g.user_id)

    @app.get("/by-the-library")
    @jwt_required()
    def by_the_library() -> str:
        return "open"

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def token(app: Flask) -> str:
    with app.app_context():
        return tokens.issue(USER)


def claims(**changed: Any) -> dict[str, Any]:
    """Good ones, but for the changed; a claim changed to ... is left out."""
    now = int(time.time())
    good = {
        "iss": settings().jwt_issuer,
        "aud": settings().jwt_audience,
        "type": "access",
        "sub": str(USER),
        "jti": "1",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
    }
    return {name: value for name, value in (good | changed).items() if value is not ...}


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def signed(header: Any, payload: Any) -> str:
    """Signed with the service's own secret, whatever it says; text is taken as it is."""
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, payload)]
    content = ".".join(base64url(part.encode()) for part in parts)
    secret = settings().jwt_secret_key.encode()
    return f"{content}.{base64url(hmac.new(secret, content.encode(), hashlib.sha256).digest())}"


def shown(client: FlaskClient, authorization: str | None) -> TestResponse:
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.get("/mine", headers=headers)


def assert_refused(client: FlaskClient, token: str) -> None:
    answer = shown(client, f"Bearer {token}")
    assert answer.status_code == 401, token
    assert token not in tokens._remembered


def test_an_issued_token_opens_the_door_for_its_user(client: FlaskClient, token: str) -> None:
    answers = [shown(client, f"Bearer {token}") for _ in range(2)]

    assert [answer.text for answer in answers] == [str(USER)] * 2


def test_an_issued_token_has_every_claim(token: str) -> None:
    read = jwt.decode(token, options={"verify_signature": False})

    assert {"iss", "aud", "type", "sub", "jti", "iat", "nbf", "exp"} <= read.keys()
    assert read["exp"] - read["iat"] == settings().access_token_seconds


def test_a_token_signed_by_hand_with_the_same_claims_is_as_good(client: FlaskClient) -> None:
    # Without it, every refusal below might have another reason than the one named.
    answer = shown(client, f"Bearer {signed(HEADER, claims())}")

    assert answer.text == str(USER)


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_as_rfc_7235_has_it(
    client: FlaskClient, token: str, scheme: str
) -> None:
    answer = shown(client, f"{scheme} {token}")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "{token}",
        "Basic {token}",
        "Bearer{token}",
        "Bearer\t{token}",
        "Bearer {token} ",
        "Bearer {token} {token}",
        "Bearer {token},Bearer {token}",
        'Bearer "{token}"',
        "Bearer {token}\xe9",
        "Bearer Bearer {token}",
    ],
)
def test_any_other_header_is_refused(client: FlaskClient, token: str, header: str | None) -> None:
    answer = shown(client, header and header.format(token=token))

    assert answer.status_code == 401


def test_every_refusal_has_the_same_body(client: FlaskClient) -> None:
    expired = signed(HEADER, claims(exp=int(time.time()) - 1))

    answers = [
        shown(client, header) for header in (None, "Bearer x", f"Bearer {expired}", "Basic YTpi")
    ]

    assert len({answer.data for answer in answers}) == 1
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "A" * 43])
def test_a_token_without_a_signature_is_refused(
    client: FlaskClient, algorithm: str, signature: str
) -> None:
    unsigned = signed(HEADER | {"alg": algorithm}, claims()).rsplit(".", 1)[0]

    assert_refused(client, f"{unsigned}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_though_the_secret_is_right(
    client: FlaskClient, algorithm: str
) -> None:
    assert_refused(client, jwt.encode(claims(), settings().jwt_secret_key, algorithm))


def test_a_right_signature_does_not_make_up_for_a_wrong_algorithm(client: FlaskClient) -> None:
    for algorithm in ("HS512", "RS256", "none", "hs256", None, 1, ["HS256"]):
        assert_refused(client, signed({"alg": algorithm, "typ": "JWT"}, claims()))


@pytest.mark.parametrize(
    "secret", ["", "secret", "wallet_api", "0" * 64, "change-me", "\0" * 32, "HS256"]
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_guessed_secret_is_refused(client: FlaskClient, secret: str) -> None:
    content = signed(HEADER, claims()).rsplit(".", 1)[0]
    guess = hmac.new(secret.encode(), content.encode(), hashlib.sha256).digest()

    assert_refused(client, f"{content}.{base64url(guess)}")


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
    client: FlaskClient, member: dict[str, Any]
) -> None:
    assert_refused(client, signed(HEADER | member, claims()))


@pytest.mark.parametrize("name", ["iss", "aud", "type", "sub", "jti", "iat", "nbf", "exp"])
@pytest.mark.parametrize(
    "value", [..., None, "", True, 1.5, [], {}, {"$gt": ""}, -1, 10**30, float("nan")]
)
def test_a_claim_that_is_missing_or_of_another_kind_is_refused(
    client: FlaskClient, name: str, value: Any
) -> None:
    assert_refused(client, signed(HEADER, claims(**{name: value})))


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
        {"iat": int(time.time()) + 600},
        {"nbf": int(time.time()) + 600},
    ],
)
def test_a_claim_that_does_not_fit_is_refused(client: FlaskClient, changed: dict[str, Any]) -> None:
    assert_refused(client, signed(HEADER, claims(**changed)))


def test_a_claim_given_twice_is_refused(client: FlaskClient) -> None:
    once = json.dumps(claims())

    for twice in (f'"sub": "{ObjectId()}"', f'"exp": {2**31}', '"x": {"a": 1, "a": 2}'):
        assert_refused(client, signed(HEADER, f"{once[:-1]}, {twice}}}"))


@pytest.mark.parametrize(
    "payload", ["", "[]", "null", '"x"', "{", "[" * 500, '{"exp": ' + "9" * 1000 + "}", "\ud7ff"]
)
def test_a_payload_that_is_no_object_is_refused(client: FlaskClient, payload: str) -> None:
    assert_refused(client, signed(HEADER, payload))


def test_no_character_of_a_token_can_be_changed(client: FlaskClient, token: str) -> None:
    for place, character in enumerate(token):
        for other in "AQgw9_.":
            if other != character:
                assert_refused(client, token[:place] + other + token[place + 1 :])


def test_a_signature_has_one_spelling_only(client: FlaskClient, token: str) -> None:
    # Base64 ignores the last two bits of the last character.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])

    for twin in range(last & ~3, (last & ~3) + 4):
        if twin != last:
            assert_refused(client, token[:-1] + alphabet[twin])
    assert_refused(client, f"{token}=")


def test_a_token_of_absurd_length_is_refused_before_it_is_read(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = signed(HEADER, claims(x="x" * 100_000))
    monkeypatch.setattr(tokens, "_signatures", None)

    assert_refused(client, endless)


def test_a_refresh_token_opens_nothing(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        refresh = create_refresh_token(str(USER))

    assert_refused(client, refresh)


def test_a_token_ends_when_it_expires_even_if_it_was_seen_before(
    client: FlaskClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown(client, f"Bearer {token}").status_code
    hour = clock.now() + timedelta(seconds=settings().access_token_seconds)

    monkeypatch.setattr(clock, "now", lambda: hour)

    assert (before, shown(client, f"Bearer {token}").status_code) == (200, 401)


def test_the_memory_of_verified_tokens_is_bounded(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MAX_REMEMBERED", 3)
    with app.app_context():
        issued = [tokens.issue(USER) for _ in range(5)]

    users = [tokens.user_of(token) for token in issued * 2]

    assert users == [USER] * 10
    assert list(tokens._remembered) == issued[2:]


def test_a_new_secret_ends_every_token(app: Flask, token: str) -> None:
    tokens.user_of(token)

    tokens.configure(Flask("with another secret"))

    assert token not in tokens._remembered


@pytest.mark.parametrize(
    "made",
    [
        lambda: "nonsense",
        lambda: signed(HEADER, claims(exp=1)),
        lambda: signed(HEADER, claims(aud="another")),
        lambda: signed(HEADER, claims(type="refresh")),
        lambda: signed(HEADER, claims(sub=1)),
    ],
)
def test_what_the_library_itself_refuses_gets_the_same_answer(
    client: FlaskClient, made: Callable[[], str]
) -> None:
    ours = shown(client, None)

    theirs = client.get("/by-the-library", headers={"Authorization": f"Bearer {made()}"})

    assert (theirs.status_code, theirs.json and theirs.json["code"]) == (401, "unauthenticated")
    assert theirs.headers["WWW-Authenticate"] == ours.headers["WWW-Authenticate"]


def test_verification_takes_less_than_100_microseconds(app: Flask, token: str) -> None:
    def best(work: Callable[[], object]) -> float:
        times = []
        for _ in range(300):
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
        return min(times)

    tokens.user_of(token)

    assert best(lambda: tokens.user_of(token)) < 20e-6
    assert best(lambda: tokens._verify(token)) < 100e-6


def test_the_guard_marks_its_view() -> None:
    assert login_required(lambda: None).needs_login  # type: ignore[attr-defined]


def test_a_refusal_is_an_exception_of_the_domain() -> None:
    with pytest.raises(Unauthenticated):
        tokens.user_of("")
