"""Logging in and registering, each a limited number of times, and leaving for good."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from wallet_api import logs
from wallet_api.auth import known_addresses, throttle, tokens
from wallet_api.config import settings
from wallet_api.errors import EmailTaken, InvalidCredentials, Refusal, TooManyTries
from wallet_api.users import service as users
from wallet_api.users.emails import canonical
from wallet_api.users.service import Profile

# One login of an email at a time in this process: a try is reserved until its password is found
# right, and many right ones at once must not use up the limit on wrong ones.
_turns = [threading.Lock() for _ in range(64)]


@dataclass(frozen=True, slots=True)
class Login:
    token: str
    user: Profile
    expires_in: int
    """Seconds."""


def log_in(email: str, password: str, address: str) -> Login:
    """An access token for the user with this email and password.

    Six round trips from an address where the user has logged in before, ten elsewhere;
    one more where the password's hash is brought up to date.

    Raises InvalidCredentials, TooManyTries; InvalidInput: not an email, or a password longer than
    any.
    """
    email, network = canonical(email), throttle.network_of(address)
    with _turns[hash(email) % len(_turns)]:
        last = known_addresses.last_login(email, network)
        try:
            reserved = throttle.reserve_login(email, network, known_address=last is not None)
            user, caller = users.authenticate(email, password)
        except (InvalidCredentials, TooManyTries) as refusal:
            _log_refused_login(email, refusal)
            raise
        throttle.forget_login(reserved)
        known_addresses.remember(email, network, last)
    logs.event("logged_in", "A user has logged in", userId=str(user.id))
    return Login(tokens.issue(caller), user, settings().access_token_seconds)


def register(person: Mapping[str, Any], address: str) -> ObjectId:
    """Make a user with an empty wallet: `users.register`, with one round trip more.

    Raises TooManyTries, and what `users.register` raises.
    """
    network = throttle.network_of(address)
    throttle.reserve_registration(network)
    try:
        user = users.register(**person)
    except EmailTaken:
        throttle.charge_taken_email(network)
        raise
    logs.event("registered", "A user has registered", userId=str(user))
    return user


def erase(email: str) -> ObjectId:
    """Erase the user with this email: `users.erase`, and what logins have left behind.

    Can be repeated after a crash: as long as anything is left to do, the email is known. Ten round
    trips. Raises what `users.erase` raises.
    """
    address = canonical(email)
    users.set_active(address, False)  # no login leaves anything behind from here on
    known_addresses.forget(address)
    throttle.forget_email(address)
    return users.erase(address)


def _log_refused_login(email: str, refusal: Refusal) -> None:
    masked = logs.masked_email(email)
    if isinstance(refusal, TooManyTries):
        logs.event("locked_out", "Too many logins have failed", logging.WARNING, email=masked)
    else:
        logs.event("login_failed", "A login has failed", email=masked)
