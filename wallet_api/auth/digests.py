"""Keyed digests of emails and addresses, so that what is counted by them does not hold them."""

import hmac

from wallet_api.config import settings


def keyed_digest(purpose: str, *parts: str) -> str:
    """Hexadecimal, of 128 bits. Whoever has stolen the database cannot try emails against it.

    Another JWT_SECRET_KEY gives other digests: counts and known addresses then start anew.
    """
    text = "\0".join((purpose, *parts))
    return hmac.digest(settings().jwt_secret_key.encode(), text.encode(), "sha256").hex()[:32]
