"""What happens to a user: registration, proof of identity, deactivation, erasure."""

from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from mongoengine.errors import NotUniqueError

from wallet_api import clock, logs
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.documents.user import User
from wallet_api.errors import EmailTaken, InvalidCredentials, NotFound, UserUnavailable
from wallet_api.money import as_shown
from wallet_api.movements import wallets
from wallet_api.movements.freezing import is_frozen
from wallet_api.users import passwords
from wallet_api.users.emails import canonical

ERASED = "erased"
NOBODY = "No such user."


@dataclass(frozen=True, slots=True)
class Profile:
    """What is shown of a user."""

    id: ObjectId
    first_name: str
    last_name: str
    email: str
    is_active: bool
    email_proved: bool


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


def authenticate(email: str, password: str) -> tuple[Profile, Caller]:
    """The active user with this email and this password, as it was sent, and who that is to be
    heard as: with the epoch that the wallet had before the password was read.

    Three round trips, four where it rehashes.

    Raises InvalidCredentials, alike and in equal time for an unknown email, a wrong password and
    a deactivated user (OWASP Authentication Cheat Sheet); InvalidInput: not an email, or a
    password longer than any.
    """
    found = User.objects(email=canonical(email)).only("id").first()
    # Nobody's is looked for too: it must take as long.
    id_ = found.id if found is not None else ObjectId()
    # The wallet *before* the password: what a change of the password ends, it ends for good. In the
    # other order, the old password could get a token of the new epoch.
    (wallet,) = wallets.find_wallets([id_])
    user = User.objects(id=id_).first()
    if user is None:
        passwords.matches_nobody(password)
        raise InvalidCredentials
    is_active = user.is_active and (
        wallet is None or wallet.get("active") is not False or is_frozen(wallet)
    )
    if not passwords.matches(password, user.password_hash) or not is_active:
        passwords.even_out(password, user.password_hash)
        raise InvalidCredentials
    if passwords.is_outdated(user.password_hash):
        # The old hash in the condition: a password changed meanwhile must stay changed.
        User.objects(id=user.id, password_hash=user.password_hash).update_one(
            set__password_hash=passwords.hashed(passwords.readable(password))
        )
    wallet = wallet or {}
    is_proved = wallet.get("emailProved") is True
    return shown(user, is_proved), Caller(user.id, wallet.get("tokenEpoch"))


def shown(user: User, email_proved: bool) -> Profile:
    """What is shown of this user. No round trip."""
    return Profile(
        user.id, user.first_name, user.last_name, user.email, user.is_active, email_proved
    )


def why_unheard(user: ObjectId) -> UserUnavailable:
    """Why this user's wallet has refused a back end, which knows the user's id. One round trip."""
    found = User.objects(id=user).only("erased_at").first()
    if found is None:
        return UserUnavailable(f"On-Behalf-Of: there is no user {user}.")
    state = "deactivated" if found.erased_at is None else "erased"
    return UserUnavailable(f"On-Behalf-Of: the user {user} is {state}.")


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
        raise NotFound(NOBODY)  # erased a moment ago
    User.objects(id=user.id, __raw__=before(decision)).update_one(
        set__is_active=active, set__active_changes=decision
    )
    if active:
        logs.event("activated", "A user is let in again", userId=str(user.id))
    else:
        logs.event("deactivated", "A user is shut out", userId=str(user.id))


def erase(email: str) -> ObjectId:
    """Shut a user out for good, and overwrite all that is known of the person.

    The user's id stays, since the books are kept by it; the email can be registered again. Can be
    repeated after a crash. Four round trips.

    Raises NotFound: nobody has this email; InvalidInput: not an email.
    """
    user = _with_email(email)
    wallets.open_wallet(user.id, user.currency)  # as in `set_active`
    decision = wallets.close_for_good(user.id)
    # The whole document: what was moved in may have members that this service does not know.
    User._get_collection().replace_one({"_id": user.id}, _erased(user, decision).to_mongo())
    logs.event("erased", "A user's personal data are erased", userId=str(user.id))
    id_: ObjectId = user.id
    return id_


def active_with(email: str) -> ObjectId | None:
    """The active user with this canonical email. One round trip."""
    user = User.objects(email=email, is_active=True).only("id").first()
    return None if user is None else user.id


def id_of(email: str) -> ObjectId:
    """One round trip. Raises NotFound: nobody has this email; InvalidInput: not an email."""
    id_: ObjectId = _with_email(email).id
    return id_


def id_called(email_or_id: str) -> ObjectId:
    """By the email, or by the user's own id: the one that an erased user keeps. One round trip.

    Raises NotFound; InvalidInput: neither an email nor an id.
    """
    if "@" in email_or_id or not ObjectId.is_valid(email_or_id):
        return id_of(email_or_id)
    user = User.objects(id=ObjectId(email_or_id)).only("id").first()
    if user is None:
        raise NotFound(NOBODY)
    id_: ObjectId = user.id
    return id_


def holdings(email: str) -> tuple[ObjectId, str]:
    """The id of the user with this email, and what the wallet holds, such as "INR 70.25".

    Two round trips. Raises NotFound: nobody has this email; InvalidInput: not an email.
    """
    user = _with_email(email)
    (wallet,) = wallets.find_wallets([user.id])
    balance_cents = 0 if wallet is None else wallet.get("balanceCents")
    if not isinstance(balance_cents, int):
        return user.id, "what nobody can count: its document is damaged"
    return user.id, as_shown(balance_cents, user.currency)


def _with_email(email: str) -> User:
    user: User | None = User.objects(email=canonical(email)).only("currency", "created_at").first()
    if user is None:
        raise NotFound(NOBODY)
    return user


def before(decision: int) -> dict[str, Any]:
    """The condition that the user has followed no later decision."""
    return {"activeChanges": {"$not": {"$gte": decision}}}


def _erased(user: User, decision: int) -> User:
    return User(
        id=user.id,
        first_name=ERASED,
        last_name=ERASED,
        # Unique, and no email address: nobody can log in with it, or register it.
        email=f"{ERASED} {user.id}",
        password_hash=ERASED,
        currency=user.currency,
        is_active=False,
        active_changes=decision,
        created_at=user.created_at,
        erased_at=clock.now(),
    )
