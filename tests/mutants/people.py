"""Decisions about users, and ends of logins, that come too late."""

from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api.callers import Caller
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import commit, wallets
from wallet_api.users import service as users


def follows_any_decision(patch: Patch) -> None:
    """A user's flag is written whatever has been decided since."""
    patch(users, "before", lambda decision: {})


def no_epoch_condition(patch: Patch) -> None:
    """A commit does not ask whether the login of its caller has been ended."""
    patch(commit, "epochs_of", lambda attempts: set())


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
