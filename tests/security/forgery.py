"""Tokens signed by hand, to say what this service would never say."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from bson import ObjectId
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from wallet_api.config import settings

USER = ObjectId()
HEADER = {"alg": "HS256", "typ": "JWT"}


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


def shown(door: FlaskClient, authorization: str | None) -> TestResponse:
    headers = {} if authorization is None else {"Authorization": authorization}
    return door.get("/mine", headers=headers)


def assert_refused(door: FlaskClient, token: str) -> None:
    """Also the second time: a token that was refused is not remembered as a good one."""
    answers = [shown(door, f"Bearer {token}").status_code for _ in range(2)]
    assert answers == [401, 401], token
