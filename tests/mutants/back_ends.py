"""Keys of back ends that open too much, or too long, or cost too much."""

from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api import clock
from wallet_api.auth import guard
from wallet_api.backend_keys import known
from wallet_api.callers import ANY_EPOCH, Caller
from wallet_api.web.on_behalf_of import user_of


def remembered_for_ever(patch: Patch) -> None:
    """A process reads a key once."""
    remember = known.remember
    patch(known, "remember", lambda digest, key, until: remember(digest, key, float("inf")))


def remembered_from_after_the_read(patch: Patch) -> None:
    """What is read of a key counts from when it has been read."""
    remember = known.remember

    def mutant(digest: bytes, key: known.Key, until: float) -> None:
        clock_of_the_test = vars(known)["time"]
        remember(digest, key, clock_of_the_test.monotonic() + known.REMEMBERED_SECONDS)

    patch(known, "remember", mutant)


def read_with_every_request(patch: Patch) -> None:
    """A process remembers no key."""
    patch(known, "remember", lambda digest, key, until: None)


def every_unknown_secret_is_looked_for(patch: Patch) -> None:
    """A flood of secrets that nobody has made is a flood of reads."""
    patch(known.Looks, "are_worth_it", lambda looks, digest: True)


def noted_with_every_read(patch: Patch) -> None:
    """A key's use is noted whatever another process has noted since."""

    def mutant(key: ObjectId, now: Any) -> None:
        known.stored_keys().update_one({"_id": key}, {"$set": {"lastUsedAt": now}})

    patch(known, "write_use", mutant)


def any_scope_opens_all(patch: Patch) -> None:
    """The guard asks for a good key, and not for its scope."""
    back_end = guard.caller_of_back_end

    def mutant(secret: str, scope: Any, environ: dict[str, Any]) -> Caller:
        key = known.key_of(secret)
        if key is None or not key.scopes:
            return back_end(secret, scope, environ)
        return Caller(user_of(environ), ANY_EPOCH, backend_key=key.name)

    patch(guard, "caller_of_back_end", mutant)


def the_header_of_a_user_is_ignored(patch: Patch) -> None:
    """A user's token with On-Behalf-Of moves the token's own money."""
    patch(guard, "refuse_from_user", lambda environ: None)


def an_expiry_is_read_and_not_looked_at(patch: Patch) -> None:
    """A key is good until it is revoked."""
    patch(known.Key, "is_good", property(lambda key: not key.revoked and clock.now() is not None))
