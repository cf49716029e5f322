"""Limits on guessing passwords and on registering, shared by all processes.

Which limits there are, and why: docs/limits-on-guessing.md.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Network
from typing import Any

from mongoengine import Document
from pymongo import WriteConcern
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from wallet_api import clock
from wallet_api.auth.digests import keyed_digest
from wallet_api.config import settings
from wallet_api.documents.address_attempts import AddressAttempts
from wallet_api.documents.login_attempts import LoginAttempts
from wallet_api.errors import TooManyTries

ADDRESSES_FACTOR = 10
"""So many times login_tries are allowed for one email from all unknown addresses together."""

CODES_PER_ADDRESS = 3
"""So many codes are mailed to one email at the request of one address within a window."""

TAKEN_EMAIL_WEIGHT = 20
"""A registration that learns that an email is taken counts as so many."""


@dataclass(frozen=True, slots=True)
class Try:
    """A login that has been counted, and is to be forgotten if its password is right."""

    email_key: str
    address_key: str
    counter: str
    from_known_address: bool


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that one IPv6 customer has."""
    return str(IPv6Network((address, 64), strict=False)) if ":" in address else address


def reserve_login(email: str, network: str, *, known_address: bool) -> Try:
    """Count a try before its password is looked at. Two round trips; one from a known address.

    Before, not after: of a hundred guesses at once, all would otherwise be looked at before the
    first failure is counted. Known and unknown emails count alike. Windows are aligned to the
    clock, so that around the end of one twice as many tries may pass.

    known_address: the email's owner has logged in from there before. Then only this email's tries
    from there count, so that nobody elsewhere, and nobody who guesses at others, shuts them out.

    Raises TooManyTries, and then has counted nothing.
    """
    ends = _window_end()
    counter = f"byAddress.{keyed_digest('address of a login', network)[:16]}"
    reserved = Try(_email_key(email, ends), _address_key(network, ends), counter, known_address)
    by_address = {counter: settings().login_tries}
    if known_address:
        _count(LoginAttempts, reserved.email_key, by_address, ends)
        return reserved
    in_total = {"total": settings().login_tries * ADDRESSES_FACTOR}
    _count(
        AddressAttempts, reserved.address_key, {"logins": settings().login_tries_per_address}, ends
    )
    try:
        _count(LoginAttempts, reserved.email_key, in_total | by_address, ends)
    except TooManyTries:
        _uncount_login_of(reserved)
        raise
    return reserved


def forget_login(reserved: Try) -> None:
    """The password was right. Two round trips; one from a known address.

    What others have tried elsewhere stays counted: the owner's logins are no help to a guesser.
    """
    right: dict[str, Any] = {"$unset": {reserved.counter: ""}}
    if not reserved.from_known_address:
        right["$inc"] = {"total": -1}
        _uncount_login_of(reserved)
    _collection(LoginAttempts).update_one({"_id": reserved.email_key}, right)


def forget_email(email: str) -> None:
    """Nobody has tried to log in with it. One round trip."""
    _collection(LoginAttempts).delete_one({"_id": _email_key(email, _window_end())})


def reserve_code(email: str, network: str) -> None:
    """Count a code that is asked for, whether the email is known or not. Two round trips.

    Raises TooManyTries.
    """
    _count_both("codes", email, network, CODES_PER_ADDRESS)


def reserve_code_guess(email: str, network: str) -> None:
    """Count a code that is tried, before it is looked at. Two round trips. Raises TooManyTries."""
    _count_both("guesses", email, network, settings().login_tries)


def _count_both(what: str, email: str, network: str, most: int) -> None:
    """So many of one email from one address, ADDRESSES_FACTOR times as many from all addresses,
    and from one address for all emails as many as logins may fail there."""
    ends = _window_end()
    one = f"{what}ByAddress.{keyed_digest('address of a login', network)[:16]}"
    in_all = settings().login_tries_per_address
    _count(AddressAttempts, _address_key(network, ends), {what: in_all}, ends)
    limits = {what: most * ADDRESSES_FACTOR, one: most}
    _count(LoginAttempts, _email_key(email, ends), limits, ends)


def reserve_registration(network: str) -> None:
    """Count a registration before it is looked at. One round trip.

    Raises TooManyTries, and then has counted nothing.
    """
    ends = _window_end()
    limit = {"registrations": settings().registrations_per_address}
    _count(AddressAttempts, _address_key(network, ends), limit, ends)


def charge_taken_email(network: str) -> None:
    """A registration has told that an email is taken. One round trip."""
    _collection(AddressAttempts).update_one(
        {"_id": _address_key(network, _window_end())},
        {"$inc": {"registrations": TAKEN_EMAIL_WEIGHT - 1}},
    )


def _count(document: type[Document], key: str, limits: Mapping[str, int], ends: int) -> None:
    """One more of each, unless one of them is at its limit. One round trip, two where refused.

    The limits are in the condition, so that no two processes pass them together; and what is
    refused counts nothing, so that one document never holds more addresses than tries.
    """
    allowed = {"_id": key} | {name: {"$not": {"$gte": limit}} for name, limit in limits.items()}
    more = {"$inc": dict.fromkeys(limits, 1)}
    made = more | {"$setOnInsert": {"expiresAt": datetime.fromtimestamp(ends, UTC)}}
    try:
        _collection(document).update_one(allowed, made, upsert=True)
    except DuplicateKeyError:
        # The document is there: another process has just made it, or a limit is reached.
        if not _collection(document).update_one(allowed, more).matched_count:
            raise TooManyTries(max(1, math.ceil(ends - clock.now().timestamp()))) from None


def _uncount_login_of(reserved: Try) -> None:
    _collection(AddressAttempts).update_one({"_id": reserved.address_key}, {"$inc": {"logins": -1}})


def _window_end() -> int:
    """In seconds since 1970."""
    window = settings().login_window_seconds
    return (int(clock.now().timestamp()) // window + 1) * window


def _email_key(email: str, window_ends: int) -> str:
    return keyed_digest("tries of an email", str(window_ends), email)


def _address_key(network: str, window_ends: int) -> str:
    return keyed_digest("tries from an address", str(window_ends), network)


def _collection(document: type[Document]) -> Collection[dict[str, Any]]:
    # Counts are gone after minutes anyway: no wait for the journal.
    collection: Collection[dict[str, Any]] = document._get_collection()
    return collection.with_options(write_concern=WriteConcern(w=1))
