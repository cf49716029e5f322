"""What the service signs with a secret that the database does not hold."""

import hmac
from hashlib import sha256

from wallet_api.config import settings
from wallet_api.errors import OutOfService

PLAIN, FIRST_SIGNED = 1, 2
"""Versions of a digest: of version 1 everybody could compute it. Each further secret is a version
of its own, so that a secret which somebody has stolen signs nothing after its time."""


class UnknownSecret(OutOfService):
    """This process lacks the secret of that version: it has an older LEDGER_SECRET."""


def present_version() -> int:
    """Of what is signed now: with the last secret."""
    return FIRST_SIGNED + len(settings().ledger_secret) - 1


def digest(version: int, purpose: str, content: bytes) -> bytes:
    """32 bytes: HMAC-SHA256 with the secret of this version; plain SHA-256 of the content in
    version 1, which had one purpose only. 2 microseconds.

    Raises UnknownSecret.
    """
    if version == PLAIN:
        return sha256(content).digest()
    secrets = settings().ledger_secret
    if not FIRST_SIGNED <= version < FIRST_SIGNED + len(secrets):
        raise UnknownSecret(f"LEDGER_SECRET has no secret for version {version} of the digest.")
    return hmac.digest(
        secrets[version - FIRST_SIGNED].encode(), purpose.encode() + b"\0" + content, "sha256"
    )


def fingerprints() -> list[str]:
    """Of each secret, the oldest first: they tell whether it is the one that signs a database."""
    versions = range(FIRST_SIGNED, present_version() + 1)
    return [digest(version, "fingerprint", b"").hex()[:16] for version in versions]
