"""What a key's secret is made of: a prefix and a checksum to find it by, and 256 random bits."""

import hashlib
import re
import secrets
import zlib

PREFIX = "wk_"
"""No other token of this service begins so."""

_RANDOM_BYTES = 32

# Of hexadecimal digits only, so that a double click selects all of it, and no URL or shell changes
# it. docs/backend-keys.md tells this pattern to those who search for leaked secrets.
_SHAPE = re.compile(rf"{PREFIX}([0-9a-f]{{{2 * _RANDOM_BYTES}}})([0-9a-f]{{8}})", re.ASCII)


def new_secret() -> str:
    random = secrets.token_hex(_RANDOM_BYTES)
    return f"{PREFIX}{random}{_checksum(random)}"


def is_secret(text: str) -> bool:
    """Whether this service could have made it: a mistyped one costs no look into the database."""
    found = _SHAPE.fullmatch(text)
    return found is not None and found[2] == _checksum(found[1])


def digest_of(secret: str) -> bytes:
    """What is stored of it, 32 bytes.

    A plain SHA-256, not salted and not slow: those protect what people choose, and nobody guesses
    256 random bits. A password's hash would cost each look-up 20 milliseconds. And it depends on no
    setting, so that no change of one ends the keys.
    """
    return hashlib.sha256(secret.encode()).digest()


def _checksum(random: str) -> str:
    return f"{zlib.crc32(random.encode()):08x}"
