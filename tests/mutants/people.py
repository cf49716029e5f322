"""Decisions about users, and ends of logins, that come too late; codes that serve too often."""

from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api.auth import codes, throttle
from wallet_api.callers import Caller
from wallet_api.documents.one_time_code import OneTimeCode
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.errors import InvalidCode, Unauthenticated
from wallet_api.mail import outgoing
from wallet_api.movements import commit, wallets
from wallet_api.users import account, passwords
from wallet_api.users import service as users


def follows_any_decision(patch: Patch) -> None:
    """A user's flag is written whatever has been decided since."""
    patch(users, "before", lambda decision: {})


def no_epoch_condition(patch: Patch) -> None:
    """A commit does not ask whether the login of its caller has been ended."""
    patch(commit, "epochs_of", lambda attempts: set())


def no_proof_condition(patch: Patch) -> None:
    """A commit does not ask whether the user's email is proved."""
    patch(commit, "need_proof", lambda attempts: False)


def password_before_wallet(patch: Patch) -> None:
    """A login takes the epoch that the wallet has once the password is found right."""
    authenticate = users.authenticate

    def mutant(email: str, password: str) -> Any:
        profile, _ = authenticate(email, password)
        wallet = Wallet._get_collection().find_one({"user": profile.id}) or {}
        return profile, Caller(profile.id, wallet.get("tokenEpoch"))

    patch(users, "authenticate", mutant)


def logins_go_on_after_a_deactivation(patch: Patch) -> None:
    """To deactivate a user starts no new epoch."""

    def mutant(user: ObjectId, active: bool) -> int | None:
        row = Wallet.objects(user=user).modify(
            returning=("active_changes",), set__active=active, inc__active_changes=1
        )
        return None if row is None else row.active_changes

    patch(wallets, "set_active", mutant)


def codes_stay_after_their_use(patch: Patch) -> None:
    """A one-time code is looked for, and not taken away."""

    class Kept(_Codes):
        def find_one_and_delete(self, condition: Any) -> Any:
            return OneTimeCode._get_collection().find_one(condition)

    patch(codes, "stored", Kept)


def codes_never_expire(patch: Patch) -> None:
    """A code counts as long as MongoDB has not removed it, which takes a minute or more."""

    class Late(_Codes):
        def find_one_and_delete(self, condition: Any) -> Any:
            timeless = {name: value for name, value in condition.items() if name != "expiresAt"}
            return OneTimeCode._get_collection().find_one_and_delete(timeless)

    patch(codes, "stored", Late)


def codes_serve_any_purpose(patch: Patch) -> None:
    """The code that proves an email sets a password as well."""
    patch(codes, "name_of", lambda user, purpose: str(user))


def older_codes_stay(patch: Patch) -> None:
    """A new code leaves the ones before it good."""

    class All(_Codes):
        def update_one(self, name: Any, change: Any, upsert: bool) -> Any:
            another = {"_id": f"{name['_id']} {ObjectId()}"}
            return OneTimeCode._get_collection().update_one(another, change, upsert=upsert)

        def find_one_and_delete(self, condition: Any) -> Any:
            any_of_them = condition | {"_id": {"$regex": f"^{condition['_id']} "}}
            return OneTimeCode._get_collection().find_one_and_delete(any_of_them)

    patch(codes, "stored", All)


def logins_go_on_after_a_reset(patch: Patch) -> None:
    """A password that is set by a code starts no new epoch."""

    def mutant(user: ObjectId, new_password: str) -> ObjectId:
        password_hash = passwords.hashed(passwords.acceptable(new_password))
        if not User.objects(id=user, is_active=True).update_one(set__password_hash=password_hash):
            raise Unauthenticated
        return ObjectId()

    patch(account, "replace_password", mutant)


def waiting_mails_end_with_their_process(patch: Patch) -> None:
    """A process that stops leaves its mails."""
    patch(outgoing, "stop", lambda: None)


def codes_are_mailed_without_limit(patch: Patch) -> None:
    """An address fills anybody's mailbox."""
    patch(throttle, "reserve_code", lambda email, network: None)


def codes_are_tried_without_limit(patch: Patch) -> None:
    """Guesses of codes are not counted."""
    patch(throttle, "reserve_code_guess", lambda email, network: None)


def unknown_emails_are_refused_at_once(patch: Patch) -> None:
    """Nobody's code is not looked for, which is a round trip less."""
    active_with = users.active_with

    def mutant(email: str) -> ObjectId:
        user = active_with(email)
        if user is None:
            raise InvalidCode
        return user

    patch(users, "active_with", mutant)


class _Codes:
    def __getattr__(self, name: str) -> Any:
        return getattr(OneTimeCode._get_collection(), name)
