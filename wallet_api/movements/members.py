"""A wallet's members as they must be: a document that is damaged moves no money."""

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

from bson import ObjectId
from pymongo.errors import OperationFailure, WriteConcernError

from wallet_api.errors import OutOfService

log = logging.getLogger(__name__)

Kind = TypeVar("Kind", str, int, bool, list[Any], ObjectId)

_DOES_NOT_FIT = {
    2,  # BadValue: $push into what is no array
    14,  # TypeMismatch: $inc of what is no number
    28,  # PathNotViable
}


def member(user: ObjectId, wallet: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind:
    """The member of the user's wallet. Raises OutOfService: there is none, or of another type."""
    value = wallet.get(name)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise damaged(user, f"its {name} is of type {type(value).__name__}")


def damaged(user: ObjectId, what: str) -> OutOfService:
    """The refusal; the log says which wallet it is, since only a person can mend it."""
    log.error("The wallet of user %s is damaged: %s", user, what)
    return OutOfService("The wallet's record is damaged. Nothing has been moved.")


def is_damage(error: OperationFailure) -> bool:
    """Whether the server refused the update for what the document holds: nothing has changed.

    An update that took effect, and whose acknowledgement failed, is another matter.
    """
    return error.code in _DOES_NOT_FIT and not isinstance(error, WriteConcernError)
