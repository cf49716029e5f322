"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header)."""

import re

from flask import request

from wallet_api.errors import InvalidIdempotencyKey

REPLAYED_HEADER = "Idempotent-Replayed"

_PRINTABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)
# A structured field's string (RFC 8941, section 3.3.3), which the draft asks for.
_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"', re.ASCII)


def idempotency_key() -> str | None:
    """The request's key without its quotes: `"k"` and `k` are the same key.

    Raises InvalidIdempotencyKey: not 1 to 255 printable ASCII characters.
    """
    header = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if header is None:
        return None
    header = header.strip(" \t")
    if quoted := _QUOTED.fullmatch(header):
        header = re.sub(r"\\(.)", r"\1", quoted[1])
    if not _PRINTABLE.fullmatch(header):
        raise InvalidIdempotencyKey("The key must be 1 to 255 printable ASCII characters.")
    return header
