"""Logging in, going on, logging out; registering, and leaving for good."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from wallet_api import logs
from wallet_api.auth import codes, known_addresses, recovery, sessions, throttle, tokens
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.errors import EmailTaken, InvalidCredentials, Refusal, TooManyTries
from wallet_api.movements.wallets import end_logins, read_wallet
from wallet_api.users import account
from wallet_api.users import service as users
from wallet_api.users.emails import canonical
from wallet_api.users.service import Profile

# One login of an email at a time in this process: a try is reserved until its password is found
# right, and many right ones at once must not use up the limit on wrong ones.
_turns = [threading.Lock() for _ in range(64)]


@dataclass(frozen=True, slots=True)
class Tokens:
    token: str
    refresh_token: str
    expires_in: int
    """Seconds: how long `token` is good for."""


@dataclass(frozen=True, slots=True)
class Login(Tokens):
    user: Profile


def log_in(email: str, password: str, address: str) -> Login:
    """Tokens for the user with this email and password.

    Seven round trips from an address where the user has logged in before, eleven elsewhere; one
    more where the password's hash is brought up to date.

    Raises InvalidCredentials, TooManyTries; InvalidInput: not an email, or a password longer than
    any.
    """
    email = canonical(email)
    with _a_counted_try(email, address):
        user, caller = users.authenticate(email, password)
    logs.event("logged_in", "A user has logged in", userId=str(user.id))
    return Login(**_begun(caller), user=user)


def refresh(refresh_token: str) -> Tokens:
    """The next tokens of a session. Two round trips, and one more where the request was doubled.

    Raises Unauthenticated: no session has this token, or it has ended.
    """
    caller, following = sessions.rotate(refresh_token)
    read_wallet(caller)
    return Tokens(tokens.issue(caller), following, settings().access_token_seconds)


def log_out(caller: Caller, *, everywhere: bool) -> None:
    """End the caller's session; or all sessions of the user, and every token of them at once.

    Two round trips; three for all. Raises Unauthenticated.
    """
    read_wallet(caller)
    if everywhere:
        sessions.forget(caller.user, but_of=end_logins(caller.user, of=caller.epoch))
        logs.event("logged_out_everywhere", "A user has ended all logins", userId=str(caller.user))
    else:
        sessions.end(caller)
        logs.event("logged_out", "A user has ended a session", userId=str(caller.user))


def profile(caller: Caller) -> Profile:
    """Two round trips. Raises Unauthenticated."""
    return account.profile(read_wallet(caller))


def rename(caller: Caller, names: Mapping[str, str]) -> Profile:
    """Change `first_name`, `last_name`, or both. Two round trips. Raises Unauthenticated."""
    return account.rename(read_wallet(caller), names)


def change_password(caller: Caller, password: str, new_password: str, address: str) -> Tokens:
    """Give the user another password. Every token of before ends, and these are new ones.

    Eleven round trips from an address where the user has logged in before, fifteen elsewhere.

    Raises InvalidCredentials: this is not the present password; TooManyTries: limited as logins
    are; Unauthenticated; Unavailable; InvalidInput.
    """
    email = profile(caller).email
    with _a_counted_try(email, address):
        epoch = account.change_password(caller, password, new_password)
    sessions.forget(caller.user, but_of=epoch)
    return Tokens(**_begun(Caller(caller.user, epoch)))


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
    recovery.send_proof(person["email"])
    logs.event("registered", "A user has registered", userId=str(user))
    return user


def erase(email: str) -> ObjectId:
    """Erase the user with this email: `users.erase`, and what logins have left behind.

    Can be repeated after a crash: as long as anything is left to do, the email is known. Thirteen
    round trips. Raises what `users.erase` raises.
    """
    address = canonical(email)
    users.set_active(address, False)  # no login leaves anything behind from here on
    known_addresses.forget(address)
    throttle.forget_email(address)
    user = users.id_of(address)
    sessions.forget(user)
    codes.forget(user)
    return users.erase(address)


@contextmanager
def _a_counted_try(email: str, address: str) -> Iterator[None]:
    """Within, a password may be tried once: it counts, unless it was right.

    Three round trips from an address where the user has logged in before, seven elsewhere.

    Raises TooManyTries.
    """
    network = throttle.network_of(address)
    with _turns[hash(email) % len(_turns)]:
        last = known_addresses.last_login(email, network)
        try:
            reserved = throttle.reserve_login(email, network, known_address=last is not None)
            yield
        except (InvalidCredentials, TooManyTries) as refusal:
            _log_refused_login(email, refusal)
            raise
        throttle.forget_login(reserved)
        known_addresses.remember(email, network, last)


def _begun(caller: Caller) -> dict[str, Any]:
    """The tokens of a new session, by their names. One round trip."""
    caller, refresh_token = sessions.begin(caller)
    return {
        "token": tokens.issue(caller),
        "refresh_token": refresh_token,
        "expires_in": settings().access_token_seconds,
    }


def _log_refused_login(email: str, refusal: Refusal) -> None:
    masked = logs.masked_email(email)
    if isinstance(refusal, TooManyTries):
        logs.event("locked_out", "Too many logins have failed", logging.WARNING, email=masked)
    else:
        logs.event("login_failed", "A login has failed", email=masked)
