"""One-time codes: made for one user and one purpose, and good for one use within half an hour."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from bson import ObjectId
from pymongo.collection import Collection

from wallet_api import clock
from wallet_api.documents.one_time_code import OneTimeCode
from wallet_api.errors import InvalidCode

LIFE = timedelta(minutes=30)

_BYTES = 15
"""120 random bits: nobody guesses them in parallel, so that wrong tries need not void a code."""

_GROUP = 4

MAX_LENGTH = 64
"""Characters of a code as it is sent, whatever stands between its groups."""


class Purpose(StrEnum):
    PASSWORD_RESET = "password-reset"  # noqa: S105 (no password)
    EMAIL_PROOF = "email-proof"


def new_code(user: ObjectId, purpose: Purpose, *, mailed: bool) -> str:
    """A code, in groups of four; the one before it is void. One round trip."""
    code = base64.b32encode(secrets.token_bytes(_BYTES)).decode()
    stored().update_one(
        {"_id": name_of(user, purpose)},
        {
            "$set": {
                "user": user,
                "digest": _digest(code),
                "mailed": mailed,
                "expiresAt": clock.now() + LIFE,
            }
        },
        upsert=True,
    )
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def use(user: ObjectId, purpose: Purpose, code: str) -> bool:
    """Use the code up, and say whether it was mailed. One round trip: of many who use it at once,
    one has it.

    Raises InvalidCode: it is none of this user's for this purpose, or has been used, replaced, or
    has expired.
    """
    used: Mapping[str, Any] | None = stored().find_one_and_delete(
        {
            "_id": name_of(user, purpose),
            "digest": _digest(_as_made(code)),
            "expiresAt": {"$gt": clock.now()},
        }
    )
    if used is None:
        raise InvalidCode
    return used["mailed"] is True


def forget(user: ObjectId) -> None:
    """Void the user's codes. One round trip."""
    stored().delete_many({"_id": {"$in": [name_of(user, purpose) for purpose in Purpose]}})


def name_of(user: ObjectId, purpose: Purpose) -> str:
    """Of the one code that this user has for this purpose."""
    return f"{purpose}:{user}"


def _as_made(code: str) -> str:
    """As a person types it: in small letters, with or without the dashes."""
    return "".join(each for each in code if each.isalnum()).upper()


def _digest(code: str) -> bytes:
    """What is stored. Not salted, nor slow: nobody guesses 120 random bits."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()


def stored() -> Collection[dict[str, Any]]:
    """The collection."""
    collection: Collection[dict[str, Any]] = OneTimeCode._get_collection()
    return collection
