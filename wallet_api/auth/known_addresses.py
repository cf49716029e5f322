"""From where a user has logged in before: there, strangers' guesses do not shut the user out."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pymongo import WriteConcern
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from wallet_api import clock
from wallet_api.auth.digests import keyed_digest
from wallet_api.documents.known_addresses import KnownAddresses

MAX_ADDRESSES = 10
"""For each user; the one that was used longest ago gives way."""

REMEMBERED = timedelta(days=90)

NOTED_AGAIN = timedelta(days=1)
"""So long after the last note, a login from the same address is noted anew."""


def last_login(email: str, network: str) -> datetime | None:
    """About when the email's owner last logged in from there; None: not within 90 days.

    One round trip.
    """
    known = _collection().find_one({"_id": _owner(email)}, {"addresses": 1}) or {}
    digest = _digest(email, network)
    times = [each["at"] for each in known.get("addresses", ()) if each["digest"] == digest]
    last: datetime | None = max(times, default=None)
    return last if last is not None and last > clock.now() - REMEMBERED else None


def remember(email: str, network: str, last: datetime | None) -> None:
    """The email's owner has logged in from there; `last` as `last_login` gave it.

    One round trip, or two; none within a day of the last note.
    """
    now = clock.now()
    if last is not None and last > now - NOTED_AGAIN:
        return
    owner, digest, expires = _owner(email), _digest(email, network), now + REMEMBERED
    noted = _collection().update_one(
        {"_id": owner, "addresses.digest": digest},
        {"$set": {"addresses.$.at": now, "expiresAt": expires}},
    )
    if noted.matched_count:
        return
    one_more = {
        "$each": [{"digest": digest, "at": now}],
        "$sort": {"at": 1},
        "$slice": -MAX_ADDRESSES,
    }
    # Another login from there, at the same time, may have noted it: then there is nothing to do.
    with suppress(DuplicateKeyError):
        _collection().update_one(
            {"_id": owner, "addresses.digest": {"$ne": digest}},
            {"$push": {"addresses": one_more}, "$set": {"expiresAt": expires}},
            upsert=True,
        )


def forget(email: str) -> None:
    """No address is known any more. One round trip."""
    _collection().delete_one({"_id": _owner(email)})


def _owner(email: str) -> str:
    return keyed_digest("known addresses of", email)


def _digest(email: str, network: str) -> str:
    """Of both: two users of one address have nothing in common in the collection."""
    return keyed_digest("known address", email, network)


def _collection() -> Collection[dict[str, Any]]:
    # A lost note costs the user nothing but a later one: no wait for the journal.
    collection: Collection[dict[str, Any]] = KnownAddresses._get_collection()
    return collection.with_options(write_concern=WriteConcern(w=1))
