"""The On-Behalf-Of header: for which user a back end asks."""

import re
from typing import Any

from bson import ObjectId

from wallet_api.errors import InvalidOnBehalfOf
from wallet_api.web.headers import REPEATED

ON_BEHALF_OF = "On-Behalf-Of"
_ENVIRON = "HTTP_ON_BEHALF_OF"

# In lower case only, as every answer writes it: of two spellings, a log shows two users.
_USER = re.compile("[0-9a-f]{24}", re.ASCII)


def user_of(environ: dict[str, Any]) -> ObjectId:
    """Raises InvalidOnBehalfOf: missing, sent twice, or not an id."""
    header: str | None = environ.get(_ENVIRON)
    if header is None:
        raise InvalidOnBehalfOf(
            f"A key of a back end acts for a user: send {ON_BEHALF_OF} with the user's id."
        )
    if ON_BEHALF_OF.lower() in environ.get(REPEATED, ()):
        raise InvalidOnBehalfOf(f"{ON_BEHALF_OF} must be sent once.")
    user = header.strip(" \t")
    if not _USER.fullmatch(user):
        raise InvalidOnBehalfOf(
            f"{ON_BEHALF_OF} must be one user's id: 24 hexadecimal digits in lower case."
        )
    return ObjectId(user)


def refuse_from_user(environ: dict[str, Any]) -> None:
    """Raises InvalidOnBehalfOf: the header is there. A user acts for nobody else, and must not
    believe that it was done for another."""
    if _ENVIRON in environ:
        raise InvalidOnBehalfOf(
            f"{ON_BEHALF_OF} goes with the key of a back end, and the token is a user's."
        )
