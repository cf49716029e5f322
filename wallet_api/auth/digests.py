"""Keyed digests of emails and addresses, so that what is counted by them does not hold them."""

import hmac

from wallet_api.config import settings


def keyed_digest(purpose: str, *parts: str) -> str:
    """Hexadecimal, of 128 bits. Whoever has stolen the database cannot try emails against it.

    By JWT_SECRET_KEY, or without one by the first of JWT_SECRET_KEYS. Another gives other digests:
    counts and known addresses then start anew.
    """
    text = "\0".join((purpose, *parts))
    return hmac.digest(digest_key(), text.encode(), "sha256").hex()[:32]


def digest_key() -> bytes:
    """What the database does not hold."""
    secret = settings().jwt_secret_key or settings().jwt_secret_keys[0].secret
    return secret.encode()
