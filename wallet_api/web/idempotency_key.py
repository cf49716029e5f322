"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header)."""

import re

from flask import request

from wallet_api.errors import InvalidIdempotencyKey
from wallet_api.web.headers import REPEATED

REPLAYED_HEADER = "Idempotent-Replayed"

MAX_LENGTH = 255
KEY_PATTERN = "[!-~]([ -~]*[!-~])?"
"""What a key is, without its quotes; it has MAX_LENGTH characters at most."""

# A bare key has no comma: two headers reach us joined by one, and the joined value would be a third
# key, under which the same request moves money again.
_BARE_PATTERN = r"[!-+\--~]([ -+\--~]*[!-+\--~])?"
# A structured field's string (RFC 8941, section 3.3.3), which the draft asks for.
_IN_QUOTES = r'([ !#-\[\]-~]|\\["\\])'
HEADER_PATTERN = f'^({_BARE_PATTERN}|"{_IN_QUOTES}+")$'
"""What the header is, in the syntax of ECMA-262."""

_KEY = re.compile(KEY_PATTERN, re.ASCII)
_QUOTED = re.compile(f'"{_IN_QUOTES}*"', re.ASCII)
_ESCAPED = re.compile(r"\\(.)")


def idempotency_key() -> str | None:
    """The request's key without its quotes: `"k"` and `k` are the same key.

    Raises InvalidIdempotencyKey: sent twice, a bare key with a comma, or not 1 to 255 printable
    ASCII characters.
    """
    environ = request.environ
    header: str | None = environ.get("HTTP_IDEMPOTENCY_KEY")
    if header is None:
        return None
    if "idempotency-key" in environ.get(REPEATED, ()):
        raise InvalidIdempotencyKey("The header must be sent once.")
    key = _without_quotes(header.strip(" \t"))
    if not is_key(key):
        raise InvalidIdempotencyKey("The key must be 1 to 255 printable ASCII characters.")
    return key


def is_key(text: str) -> bool:
    """Whether it could be a key, without its quotes."""
    return len(text) <= MAX_LENGTH and _KEY.fullmatch(text) is not None


def _without_quotes(header: str) -> str:
    if _QUOTED.fullmatch(header):
        return _ESCAPED.sub(r"\1", header[1:-1])
    if "," in header:
        raise InvalidIdempotencyKey(
            "The header must be sent once, and a key with a comma in double quotes."
        )
    return header
