"""Logging in: a limited number of tries, then a token."""

import threading
from dataclasses import dataclass

from wallet_api.auth import throttle, tokens
from wallet_api.config import settings
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
    """An access token for the user with this email and password. Three round trips.

    A fourth where the password's hash is brought up to date.

    Raises InvalidCredentials, TooManyTries; InvalidInput: not an email, or a password longer than
    any.
    """
    email = canonical(email)
    with _turns[hash(email) % len(_turns)]:
        throttle.reserve_try(email, address)
        user = users.authenticate(email, password)
        throttle.forget_tries(email)
    return Login(tokens.issue(user.id), user, settings().access_token_seconds)
