"""Which passwords are taken, and how they are kept: argon2id, as OWASP has it."""

import importlib.util
import os
import runpy
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from wallet_api import schema_version
from wallet_api.config import settings
from wallet_api.errors import InvalidInput
from wallet_api.users import bcrypt_hashes

Result = TypeVar("Result")

MIN_LENGTH = 8
MAX_LENGTH = 128
"""Characters of the prepared form: a bound on work, never a truncation."""

_MAX_RAW_LENGTH = 4 * MAX_LENGTH
"""Code points as sent: no character decomposes into more than four."""

_SALT_BYTES = 16
_HASH_BYTES = 32

# Each run takes argon2_memory_kib and a core: more at once than cores win no time. In threads of
# their own: the allocator keeps those 19 MB for every thread that ever hashed, and a worker whose
# every thread had logged somebody in held 200 MB.
_hashers = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="hasher")


def readable(password: str) -> str:
    """The password in the one form in which it is hashed and compared.

    The OpaqueString profile (RFC 8265, section 4.2.2): every space is U+0020, then NFC. Not NFKC,
    which would make different passwords equal; and case and white space at the ends count.

    Raises InvalidInput: too long.
    """
    # Before normalising, whose cost grows with the square of a run of combining marks.
    if len(password) > _MAX_RAW_LENGTH:
        raise _too_long()
    spaced = "".join(" " if unicodedata.category(each) == "Zs" else each for each in password)
    prepared = unicodedata.normalize("NFC", spaced)
    if len(prepared) > MAX_LENGTH:
        raise _too_long()
    return prepared


def as_sent(password: str) -> str:
    """The password unchanged, to be compared. Raises InvalidInput: too long."""
    readable(password)
    return password


def acceptable(password: str) -> str:
    """A new password in its readable form: 8 to 128 characters, any at all, but not a common one.

    No composition rules and a blocklist, as NIST SP 800-63B (section 3.1.1.2) and the OWASP
    Authentication Cheat Sheet have it; no control characters or lone surrogates (RFC 8264,
    FreeformClass).

    Raises InvalidInput.
    """
    password = readable(password)
    if len(password) < MIN_LENGTH:
        raise _refused(f"Must have {MIN_LENGTH} characters at least.")
    if any(unicodedata.category(each) in ("Cc", "Cs") for each in password):
        raise _refused("Must not contain control characters.")
    if password.casefold() in _common_passwords():
        raise _refused("Is one of the most common passwords.")
    return password


def hashed(password: str) -> str:
    """The argon2id hash of a readable password, salted, with its parameters."""
    return _in_turn(_hasher().hash, _octets(password))


def matches(password: str, password_hash: str) -> bool:
    """Whether this password, as it was sent, is the one that was hashed.

    By argon2id, or by bcrypt of a user who was moved in and has not logged in since. A hash of any
    other kind matches nothing, in the same time.

    Raises InvalidInput: too long.
    """
    prepared = readable(password)
    if bcrypt_hashes.is_bcrypt(password_hash):
        # As it was sent first: the system that made the hash knew no other form.
        spellings = dict.fromkeys((_octets(password), _octets(prepared)))
        return any(_in_turn(bcrypt_hashes.matches, each, password_hash) for each in spellings)
    try:
        return _in_turn(_hasher().verify, password_hash, _octets(prepared))
    except VerificationError:
        return False
    except InvalidHashError:
        return _matches_no_argon2(password)


def matches_nobody(password: str) -> bool:
    """False, after the time that a wrong password takes: it tells nobody which emails are known."""
    even_out(password, "")
    return _matches_no_argon2(password)


def even_out(password: str, password_hash: str) -> None:
    """After a login that failed: take the time of the kinds of hashes that it was not held against.

    Nothing where all hashes are argon2; where users were moved in with bcrypt ones, each login that
    fails takes the time of both kinds, or it would tell who has not logged in since.
    """
    if bcrypt_hashes.is_bcrypt(password_hash):
        _matches_no_argon2(password)
    elif (cost := schema_version.bcrypt_cost()) is not None:
        _in_turn(bcrypt_hashes.spend, _octets(password), cost)


def is_outdated(password_hash: str) -> bool:
    """Whether the settings ask for another hash than this, of other parameters or not bcrypt."""
    return bcrypt_hashes.is_bcrypt(password_hash) or _hasher().check_needs_rehash(password_hash)


def _matches_no_argon2(password: str) -> bool:
    try:
        return _in_turn(_hasher().verify, _nobodys_hash(), _octets(readable(password)))
    except VerificationError:
        return False


def _in_turn(work: Callable[..., Result], *given: object) -> Result:
    return _hashers.submit(work, *given).result()


def _hasher() -> PasswordHasher:
    given = settings()
    return PasswordHasher(
        memory_cost=given.argon2_memory_kib,
        time_cost=given.argon2_time_cost,
        parallelism=given.argon2_parallelism,
        hash_len=_HASH_BYTES,
        salt_len=_SALT_BYTES,
        type=Type.ID,
    )


def _nobodys_hash() -> str:
    """A hash with the parameters of the settings, of no password that anybody knows."""
    given = settings()
    cost = f"m={given.argon2_memory_kib},t={given.argon2_time_cost},p={given.argon2_parallelism}"
    salt, digest = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (_SALT_BYTES, _HASH_BYTES)
    )
    return f"$argon2id$v=19${cost}${salt}${digest}"


def _octets(password: str) -> bytes:
    # A lone surrogate has no UTF-8. Nobody's password has one, and a try with one simply fails.
    return password.encode("utf-8", "surrogatepass")


@cache
def _common_passwords() -> frozenset[str]:
    """Those of zxcvbn's 30,000 that are long enough to be tried. Reads a file of 0.8 MB, once."""
    # Not `import zxcvbn`: it would keep its other word lists in every worker's memory.
    package = importlib.util.find_spec("zxcvbn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("zxcvbn, which brings the list of common passwords")
    words = runpy.run_path(str(Path(package.origin).with_name("frequency_lists.py")))
    passwords = words["FREQUENCY_LISTS"]["passwords"]
    return frozenset(each.casefold() for each in passwords if len(each) >= MIN_LENGTH)


def _too_long() -> InvalidInput:
    return _refused(f"Must have {MAX_LENGTH} characters at most.")


def _refused(detail: str) -> InvalidInput:
    return InvalidInput([("/password", detail)])
