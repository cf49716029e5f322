"""What users do with their own accounts: see them, change their names, change their passwords."""

from collections.abc import Mapping

from bson import ObjectId

from wallet_api import logs
from wallet_api.callers import Caller, Epoch
from wallet_api.documents.user import User
from wallet_api.errors import InvalidCredentials, Unauthenticated, Unavailable
from wallet_api.movements import wallets
from wallet_api.movements.wallets import WalletView
from wallet_api.users import passwords
from wallet_api.users.service import Profile, shown

MAX_TRIES = 3
"""To change a password whose hash a login brings up to date meanwhile."""


def profile(wallet: WalletView) -> Profile:
    """Of the wallet's user. One round trip. Raises Unauthenticated: there is no such user."""
    found = User.objects(id=wallet.user).first()
    if found is None:
        raise Unauthenticated
    return shown(found, wallet.email_proved)


def rename(wallet: WalletView, names: Mapping[str, str]) -> Profile:
    """Change `first_name`, `last_name`, or both. One round trip; as `profile` without any.

    Raises Unauthenticated: there is no such user, or a deactivated one.
    """
    if not names:
        return profile(wallet)
    changed = User.objects(id=wallet.user, is_active=True).modify(new=True, **_to_set(names))
    if changed is None:
        raise Unauthenticated
    return shown(changed, wallet.email_proved)


def change_password(caller: Caller, password: str, new_password: str) -> ObjectId:
    """Give the user another password, and end all logins. Returns the epoch of logins from now on.

    The logins end before the new password counts, so that no crash leaves old tokens beside it; and
    again after, for a login with the old one in between. Four round trips.

    Raises InvalidCredentials: this is not the user's password; InvalidInput: the new one won't do,
    or this one is longer than any; Unauthenticated: the caller's login has been ended, or the user
    is deactivated or unknown; Unavailable: the hash has changed again and again.
    """
    user = caller.user
    epoch: Epoch = caller.epoch
    new_hash = passwords.hashed(passwords.acceptable(new_password))
    for _ in range(MAX_TRIES):
        found = User.objects(id=user, is_active=True).only("password_hash").first()
        if found is None:
            raise Unauthenticated
        if not passwords.matches(password, found.password_hash):
            raise InvalidCredentials
        # Only if nobody has ended them: of two changes at once, one has lost here, and does not end
        # what the other has begun.
        epoch = wallets.end_logins(user, of=epoch)
        # The old hash in the condition: a login may bring it up to date meanwhile.
        if User.objects(id=user, is_active=True, password_hash=found.password_hash).update_one(
            set__password_hash=new_hash
        ):
            logs.event("password_changed", "A user has another password", userId=str(user))
            return wallets.end_logins(user)
    raise Unavailable


def replace_password(user: ObjectId, new_password: str) -> ObjectId:
    """Give the user another password without the old one, and end all logins, as
    `change_password`. Three round trips.

    Raises Unauthenticated: the user is deactivated or unknown; InvalidInput: it won't do.
    """
    new_hash = passwords.hashed(passwords.acceptable(new_password))
    wallets.end_logins(user)
    if not User.objects(id=user, is_active=True).update_one(set__password_hash=new_hash):
        raise Unauthenticated
    return wallets.end_logins(user)


def _to_set(members: Mapping[str, str]) -> dict[str, str]:
    return {f"set__{name}": value for name, value in members.items()}
