"""What happens to a user: registration, proof of identity, deactivation."""

from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from mongoengine.errors import NotUniqueError

from wallet_api import logs
from wallet_api.config import settings
from wallet_api.documents.user import User
from wallet_api.errors import EmailTaken, InvalidCredentials, NotFound
from wallet_api.movements import wallets
from wallet_api.users import passwords
from wallet_api.users.emails import canonical

NOBODY = "No such user."


@dataclass(frozen=True, slots=True)
class Profile:
    """What is shown of a user."""

    id: ObjectId
    first_name: str
    last_name: str
    email: str
    is_active: bool


def register(
    first_name: str, last_name: str, email: str, password: str, currency: str | None = None
) -> ObjectId:
    """Make a user with a wallet. Two round trips.

    The user comes first, since its unique email decides which of many registrations wins. A crash
    before the wallet heals: whoever misses the wallet opens it (movements.wallets).

    Raises EmailTaken; InvalidInput: an email or a password that won't do.
    """
    id_ = ObjectId()
    user = User(
        id=id_,
        first_name=first_name,
        last_name=last_name,
        email=canonical(email),
        password_hash=passwords.hashed(passwords.acceptable(password)),
        currency=currency or settings().default_currency,
    )
    try:
        user.save(force_insert=True)
    except NotUniqueError:
        _finish_registration(user.email)
        raise EmailTaken from None
    wallets.open_wallet(id_, user.currency)
    return id_


def _finish_registration(email: str) -> None:
    """The one who registers again may be the one whose first answer was lost in the crash."""
    user = User.objects(email=email, is_active=True).only("currency").first()
    if user is not None:
        wallets.open_wallet(user.id, user.currency)


def authenticate(email: str, password: str) -> Profile:
    """The active user with this email and this password, as it was sent.

    One round trip, two where it rehashes.

    Raises InvalidCredentials, alike and in equal time for an unknown email, a wrong password and
    a deactivated user (OWASP Authentication Cheat Sheet); InvalidInput: not an email, or a
    password longer than any.
    """
    user = User.objects(email=canonical(email)).first()
    if user is None:
        passwords.matches_nobody(password)
        raise InvalidCredentials
    if not passwords.matches(password, user.password_hash) or not user.is_active:
        passwords.even_out(password, user.password_hash)
        raise InvalidCredentials
    if passwords.is_outdated(user.password_hash):
        # The old hash in the condition: a password changed meanwhile must stay changed.
        User.objects(id=user.id, password_hash=user.password_hash).update_one(
            set__password_hash=passwords.hashed(passwords.readable(password))
        )
    return Profile(user.id, user.first_name, user.last_name, user.email, user.is_active)


def set_active(email: str, active: bool) -> None:
    """Shut a user out, or let them in again. The wallet decides, and the user follows.

    Of several who do this at once, the one who was last at the wallet has decided, and once all of
    them have returned, wallet and user agree. Can be repeated after a crash. Four round trips.

    Raises NotFound: nobody has this email; InvalidInput: not an email.
    """
    user = _with_email(email)
    # There must be a wallet to carry the flag: one that is missing could still be opened,
    # active, by a registration that has seen the user active.
    wallets.open_wallet(user.id, user.currency)
    decision = wallets.set_active(user.id, active)
    if decision is None:
        raise NotFound(NOBODY)
    User.objects(id=user.id, __raw__=before(decision)).update_one(
        set__is_active=active, set__active_changes=decision
    )
    if active:
        logs.event("activated", "A user is let in again", userId=str(user.id))
    else:
        logs.event("deactivated", "A user is shut out", userId=str(user.id))


def _with_email(email: str) -> User:
    user: User | None = User.objects(email=canonical(email)).only("currency").first()
    if user is None:
        raise NotFound(NOBODY)
    return user


def before(decision: int) -> dict[str, Any]:
    """The condition that the user has followed no later decision."""
    return {"activeChanges": {"$not": {"$gte": decision}}}
