"""Sessions: a login goes on by refresh tokens, each of which counts once.

What is promised of them: docs/sessions.md.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo.collection import Collection

from wallet_api import clock, logs
from wallet_api.auth import refresh_tokens
from wallet_api.auth.refresh_tokens import RefreshToken
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.documents.session import Session
from wallet_api.errors import Unauthenticated

GRACE_SECONDS = 10
"""How long the token before is answered with the same successor: a client that got no answer, or
has sent its request twice, is no thief."""

_NONCE_BYTES = 32


def begin(caller: Caller) -> tuple[Caller, str]:
    """A session of the caller's login, and its first refresh token. One round trip."""
    token = refresh_tokens.first()
    session = Session(
        id=token.session,
        user=caller.user,
        epoch=caller.epoch,
        digest=token.digest,
        expires_at=_end(),
    )
    session.save(force_insert=True)
    return replace(caller, session=token.session), token.text


def rotate(text: str) -> tuple[Caller, str]:
    """Whose refresh token it is, and the next one of the session. One round trip; two for the token
    before, within GRACE_SECONDS; three where a token is used again later, which ends the session.

    Whether the caller is still heard, the wallet says.

    Raises Unauthenticated: no session has this token, or it has ended.
    """
    token = refresh_tokens.read(text)
    if token is None:
        raise Unauthenticated
    nonce = secrets.token_bytes(_NONCE_BYTES)
    following = token.successor(nonce)
    # The condition holds for one request only, whoever else sends the token at the same time.
    session: Mapping[str, Any] | None = _sessions().find_one_and_update(
        {"_id": token.session, "digest": token.digest, "expiresAt": {"$gt": clock.now()}},
        {
            "$set": {
                "digest": following.digest,
                "previousDigest": token.digest,
                "nonce": nonce,
                "expiresAt": _end(),
            },
            "$currentDate": {"rotatedAt": True},
        },
        projection={"user": 1, "epoch": 1},
    )
    if session is None:
        session, following = _rotated_already(token)
    return Caller(session["user"], session.get("epoch"), token.session), following.text


def end(caller: Caller) -> None:
    """The session of the caller's token gets no further tokens. One round trip, or none."""
    if caller.session is not None:
        _sessions().delete_one({"_id": caller.session, "user": caller.user})


def forget(user: ObjectId, *, but_of: ObjectId | None = None) -> None:
    """Remove the user's sessions: all, or those that another epoch has ended. One round trip."""
    of_others = {} if but_of is None else {"epoch": {"$ne": but_of}}
    _sessions().delete_many({"user": user, **of_others})


def _rotated_already(token: RefreshToken) -> tuple[Mapping[str, Any], RefreshToken]:
    """Raises Unauthenticated: there is no such session; or there is, and the token is not the one
    before: two have used it, and one of them is a thief. Then it ends for both."""
    since = {"$subtract": ["$$NOW", "$rotatedAt"]}  # by the clock that has written it
    session = _sessions().find_one(
        {"_id": token.session, "expiresAt": {"$gt": clock.now()}},
        {
            "user": 1,
            "epoch": 1,
            "digest": 1,
            "previousDigest": 1,
            "nonce": 1,
            "recent": {"$lt": [since, GRACE_SECONDS * 1000]},
        },
    )
    if session is None:
        raise Unauthenticated
    if session.get("previousDigest") == token.digest and session["recent"]:
        following = token.successor(session["nonce"])
        if following.digest == session["digest"]:
            return session, following
        raise Unauthenticated  # the service's key is another since
    _sessions().delete_one({"_id": token.session})
    logs.event(
        "session_revoked",
        "A refresh token was used a second time: its session has ended",
        logging.WARNING,
        userId=str(session["user"]),
    )
    raise Unauthenticated


def _end() -> datetime:
    return clock.now() + timedelta(seconds=settings().refresh_token_seconds)


def _sessions() -> Collection[dict[str, Any]]:
    collection: Collection[dict[str, Any]] = Session._get_collection()
    return collection
