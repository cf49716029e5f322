"""Passwords as the Node original kept them: compared until a login rehashes them."""

import re

import bcrypt

MAX_BYTES = 72
"""bcrypt reads no more of a password, and bcryptjs silently left out the rest."""

_SHAPE = re.compile(r"\$2[abxy]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}", re.ASCII)


def is_bcrypt(password_hash: str) -> bool:
    return _SHAPE.fullmatch(password_hash) is not None


def matches(password: bytes, password_hash: str) -> bool:
    """Whether bcryptjs would have taken this password for the one that was hashed."""
    try:
        return bcrypt.checkpw(password[:MAX_BYTES], password_hash.encode())
    except ValueError:  # the shape of a hash, but none that bcrypt makes
        return False


def cost_of(password_hash: str) -> int:
    """The logarithm of the work: 10 takes twice as long as 9."""
    return int(password_hash.split("$")[2])


def spend(password: bytes, cost: int) -> None:
    """Take the time that `matches` takes with a hash of this cost."""
    bcrypt.hashpw(password[:MAX_BYTES], bcrypt.gensalt(cost))
