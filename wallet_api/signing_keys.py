"""The secrets that sign access tokens, each with the `kid` by which a token names it."""

import re
from typing import NamedTuple

MINIMUM_SECRET_BYTES = 32
"""RFC 7518, section 3.2: an HS256 key is at least as long as the hash, 256 bits."""

_KID = re.compile(r"[\w.-]{1,64}", re.ASCII)


WITHOUT_KID = "-"
"""In the place of a key: JWT_SECRET_KEY signs, without a kid, while the keys after it verify. So
every worker knows a first kid before any signs by it."""


class SigningKey(NamedTuple):
    kid: str
    secret: str
    """Empty for WITHOUT_KID."""

    def __repr__(self) -> str:
        return f"SigningKey({self.kid!r})"


def signing_keys(text: str) -> tuple[SigningKey, ...]:
    """`2026-11:<secret>,2026-05:<secret>`: the first signs. Neither part may hold a comma.

    Raises ValueError: what is wrong, without a secret.
    """
    keys = []
    for number, part in enumerate(filter(None, map(str.strip, text.split(","))), 1):
        if part == WITHOUT_KID and number == 1:
            keys.append(SigningKey(WITHOUT_KID, ""))
            continue
        kid, separator, secret = (each.strip() for each in part.partition(":"))
        if not separator or not _KID.fullmatch(kid) or kid == WITHOUT_KID:
            raise ValueError(
                f"key {number} is no kid:secret. A kid has 1 to 64 letters, digits, '.', '_' or '-'"
            )
        if len(secret.encode()) < MINIMUM_SECRET_BYTES or "change-me" in secret:
            raise ValueError(
                f"the secret of {kid} must be your own, of {MINIMUM_SECRET_BYTES} bytes at least. "
                "Make one: openssl rand -hex 32"
            )
        keys.append(SigningKey(kid, secret))
    if len({key.kid for key in keys}) != len(keys):
        raise ValueError("two keys have the same kid")
    return tuple(keys)
