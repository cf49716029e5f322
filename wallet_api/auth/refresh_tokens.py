"""What a refresh token is made of: the id of its session, and a secret that nothing else holds."""

import binascii
import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from wallet_api.auth.digests import digest_key

PREFIX = "wr_"
"""By which those who look for leaked tokens find one. An access token never begins so."""

_SESSION_BYTES, _SECRET_BYTES = 16, 32

_SHAPE = re.compile(rf"{PREFIX}[\w-]{{64}}", re.ASCII)  # 48 bytes in base64, without a rest


class RefreshToken(NamedTuple):
    session: str
    """32 hexadecimal digits."""
    secret: bytes
    """256 bits."""

    @property
    def text(self) -> str:
        """As the client gets it."""
        return PREFIX + urlsafe_b64encode(bytes.fromhex(self.session) + self.secret).decode()

    @property
    def digest(self) -> bytes:
        """What is stored of it. Not salted, nor slow: nobody guesses 256 random bits."""
        return hashlib.sha256(self.secret).digest()

    def successor(self, nonce: bytes) -> "RefreshToken":
        """The next one of the session: the same for all who ask with this token and nonce, and
        known to nobody who has not the token, the nonce of the database, and the service's key."""
        secret = hmac.digest(digest_key(), b"refresh token\0" + nonce + self.secret, "sha256")
        return RefreshToken(self.session, secret)


def first() -> RefreshToken:
    """Of a new session."""
    return RefreshToken(secrets.token_hex(_SESSION_BYTES), secrets.token_bytes(_SECRET_BYTES))


def read(text: str) -> RefreshToken | None:
    """None: nothing that this service has made."""
    if not _SHAPE.fullmatch(text):
        return None
    try:
        octets = urlsafe_b64decode(text.removeprefix(PREFIX))
    except binascii.Error:
        return None
    return RefreshToken(octets[:_SESSION_BYTES].hex(), octets[_SESSION_BYTES:])
