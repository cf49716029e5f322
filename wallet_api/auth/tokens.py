"""Access tokens: issued by flask-jwt-extended, verified more strictly than it would."""

import json
import re
import threading
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from flask import Flask
from flask.typing import ResponseReturnValue
from flask_jwt_extended import JWTManager, create_access_token
from jwt import InvalidTokenError, PyJWS

from wallet_api import clock
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.errors import Unauthenticated

ALGORITHM = "HS256"
ACCESS = "access"

MAX_REMEMBERED = 10_000
"""Tokens per process: some 8 MB."""

_LEEWAY_SECONDS = 5
"""How far the clocks of two machines may differ."""

_LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""

# The length is bounded before anything is decoded; 43 characters are the 256 bits of HS256.
_SHAPE = re.compile(r"[\w-]{1,256}\.[\w-]{1,2048}\.[\w-]{43}", re.ASCII)

_signatures = PyJWS(algorithms=[ALGORITHM])

Verified = tuple[Caller, int]
"""Who has the token, and the second at which it expires."""

_remembered: dict[str, Verified] = {}
_remembering = threading.Lock()


def configure(app: Flask) -> None:
    """Set flask-jwt-extended to the tokens of this service, and to its one constant 401."""
    app.config.update(
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ENCODE_ISSUER=settings().jwt_issuer,
        JWT_DECODE_ISSUER=settings().jwt_issuer,
        JWT_ENCODE_AUDIENCE=settings().jwt_audience,
        JWT_DECODE_AUDIENCE=settings().jwt_audience,
        JWT_DECODE_LEEWAY=_LEEWAY_SECONDS,
        JWT_TOKEN_LOCATION=["headers"],
        # A header is not sent by a browser on its own, so there is nothing to forge.
        JWT_COOKIE_CSRF_PROTECT=False,
        JWT_HEADER_NAME="Authorization",
        JWT_HEADER_TYPE="Bearer",
        JWT_IDENTITY_CLAIM="sub",
        JWT_VERIFY_SUB=True,
        JWT_ENCODE_NBF=True,
        # `issue` says when, by the clock of this service.
        JWT_ACCESS_TOKEN_EXPIRES=False,
    )
    manager = JWTManager(app)
    manager.encode_key_loader(lambda _identity: _signer()[1])
    manager.decode_key_loader(lambda header, _claims: _secret_for(header))

    def refuse(*_: Any) -> ResponseReturnValue:
        # Not raised: these are called by error handlers, where an exception is a 500.
        return app.handle_user_exception(Unauthenticated())

    for loader in (
        manager.expired_token_loader,
        manager.invalid_token_loader,
        manager.needs_fresh_token_loader,
        manager.revoked_token_loader,
        manager.token_verification_failed_loader,
        manager.unauthorized_loader,
        manager.user_lookup_error_loader,
    ):
        loader(refuse)
    # Their secret may have been another.
    _remembered.clear()


def issue(caller: Caller) -> str:
    """An access token for the caller, good for access_token_seconds. Needs an app context.

    Its epoch is that of the wallet as it was before the password was looked at.
    """
    now = int(clock.now().timestamp())
    times = {"iat": now, "nbf": now, "exp": now + settings().access_token_seconds}
    login = {} if caller.epoch is None else {"epoch": str(caller.epoch)}
    login |= {} if caller.session is None else {"sid": caller.session}
    kid, _ = _signer()
    header = {} if kid is None else {"kid": kid}
    token: str = create_access_token(
        str(caller.user), additional_claims=times | login, additional_headers=header
    )
    return token


def caller_of(token: str) -> Caller:
    """Whose token it is. No round trip.

    Whether the caller may still do anything, the wallet says.

    Raises Unauthenticated: the token is not one that this service has issued, or has expired.
    """
    # A signature once found right stays right; only time can undo it.
    caller, expires = _remembered.get(token) or _remember(token)
    if clock.now().timestamp() >= expires:
        raise Unauthenticated
    return caller


def _remember(token: str) -> Verified:
    try:
        verified = _verify(token)
    except (InvalidTokenError, InvalidId, ValueError, RecursionError):
        raise Unauthenticated from None
    with _remembering:
        if len(_remembered) >= MAX_REMEMBERED:
            del _remembered[next(iter(_remembered))]
        _remembered[token] = verified
    return verified


def _verify(token: str) -> Verified:
    """Check everything that RFC 8725 asks for. Raises one of the exceptions caught above."""
    if not _SHAPE.fullmatch(token):
        raise Unauthenticated
    header = _signatures.get_unverified_header(token)
    # No jku, x5u, crit: nothing that could bring another key or meaning (sections 3.8, 3.10); a kid
    # only chooses among the keys of the settings.
    if not header.keys() <= {"alg", "typ", "kid"} or header.get("typ") != "JWT":
        raise Unauthenticated
    decoded = _signatures.decode_complete(token, _secret_for(header), algorithms=[ALGORITHM])
    return _verified_claims(_DECODER.decode(decoded["payload"].decode()))


def _signer() -> tuple[str | None, str]:
    """The kid, if any, and the secret that sign."""
    for kid, secret in settings().jwt_secret_keys[:1]:
        if secret:
            return kid, secret
    return None, settings().jwt_secret_key


def _secret_for(header: dict[str, Any]) -> str:
    """Raises InvalidTokenError: no key has this kid, or there is none for tokens without a kid."""
    secrets = {key.kid: key.secret for key in settings().jwt_secret_keys}
    # By its kid alone. An empty secret would let anybody sign.
    secret = secrets.get(header["kid"]) if "kid" in header else settings().jwt_secret_key
    if not secret:
        raise InvalidTokenError("no such key")
    return secret


def _verified_claims(claims: Any) -> Verified:
    """By exact type: `int()` would take "1", 1.5 and True, and a `sub` may be a query operator."""
    if not isinstance(claims, dict):
        raise Unauthenticated
    if not all(type(claims.get(name)) is str for name in ("iss", "aud", "type", "sub", "jti")):
        raise Unauthenticated
    if not all(type(claims.get(name)) is int for name in ("iat", "nbf", "exp")):
        raise Unauthenticated
    kind = (claims["iss"], claims["aud"], claims["type"])
    if kind != (settings().jwt_issuer, settings().jwt_audience, ACCESS) or not claims["jti"]:
        raise Unauthenticated
    now = clock.now().timestamp()
    if not (0 <= claims["iat"] <= now + _LEEWAY_SECONDS):
        raise Unauthenticated
    if not (0 <= claims["nbf"] <= now + _LEEWAY_SECONDS):
        raise Unauthenticated
    if not (now < claims["exp"] <= _LAST_SECOND):
        raise Unauthenticated
    # Tokens of older code have neither. Null is not the same as none.
    if not all(type(claims.get(name, "")) is str for name in ("epoch", "sid")):
        raise Unauthenticated
    epoch = ObjectId(claims["epoch"]) if "epoch" in claims else None
    return Caller(ObjectId(claims["sub"]), epoch, claims.get("sid")), claims["exp"]


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Without duplicates: of two claims of one name, two readers may believe different ones."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unauthenticated
    return members


_DECODER = json.JSONDecoder(object_pairs_hook=_members)
