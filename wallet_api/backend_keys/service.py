"""What an operator does with keys: make one, list them, revoke one."""

import re
from collections.abc import Iterable
from datetime import datetime

from mongoengine.errors import NotUniqueError

from wallet_api import clock, logs
from wallet_api.backend_keys.scopes import Scope
from wallet_api.backend_keys.secret import digest_of, new_secret
from wallet_api.documents.backend_key import BackendKey
from wallet_api.errors import InvalidInput, NotFound

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)


def create(name: str, scopes: Iterable[Scope], expires_at: datetime | None = None) -> str:
    """Make a key, and return its secret, which nothing and nobody can tell again. One round trip.

    Raises InvalidInput: the name has been used or won't do, there is no scope, or it would have
    expired already.
    """
    if not _NAME.fullmatch(name):
        raise _refused(
            "name", "Must be 1 to 63 of a-z, 0-9, dot, hyphen and underscore, a-z or 0-9 first."
        )
    if not (given := sorted(set(scopes))):
        raise _refused("scopes", "Must name one scope at least.")
    if expires_at is not None and expires_at <= clock.now():
        raise _refused("expires", "Must be in the future.")
    secret = new_secret()
    key = BackendKey(name=name, digest=digest_of(secret), scopes=list(given), expires_at=expires_at)
    try:
        key.save(force_insert=True)
    except NotUniqueError:
        raise _refused("name", "Has been used, and the ledger may name it.") from None
    logs.event("key_created", "A back end has a key", backendKey=name, scopes=", ".join(given))
    return secret


def newest() -> list[BackendKey]:
    """All keys there have ever been, the newest first. One round trip."""
    return list(BackendKey.objects.order_by("-created_at", "-id"))


def revoke(name: str) -> datetime:
    """End the key for good, in every process within known.REMEMBERED_SECONDS.

    Returns when it was revoked: the first time, if that was before. Two round trips.

    Raises NotFound: there is no such key.
    """
    # Only once: an operator may have to tell until when a leaked key has worked.
    if BackendKey.objects(name=name, revoked_at=None).update_one(set__revoked_at=clock.now()):
        logs.event("key_revoked", "A back end's key is revoked", backendKey=name)
    key = BackendKey.objects(name=name).only("revoked_at").first()
    if key is None:
        raise NotFound("No such key.")
    revoked_at: datetime = key.revoked_at
    return revoked_at


def _refused(member: str, why: str) -> InvalidInput:
    return InvalidInput([(f"/{member}", why)])
