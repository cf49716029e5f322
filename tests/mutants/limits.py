"""Limits on withdrawals that do not hold, or hold too long."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.mutants.kinds import Patch
from wallet_api import errors
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import attempts, commit
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.limits import allowance, claims
from wallet_api.movements.limits.allowance import Allowance, Spent
from wallet_api.movements.limits.claims import ANY_LIMITS, Claim
from wallet_api.movements.limits.destinations import Destination


def look_then_withdraw(patch: Patch) -> None:
    """The limits are looked at first, and then the money is moved whatever has come meanwhile."""
    wallet_that_allows = commit.wallet_that_allows

    def mutant(attempts: Sequence[Attempt]) -> Any:
        if wallet_that_allows(attempts).first() is None:
            return Wallet.objects(user=None)
        time.sleep(0.005)  # in which another process may look as well
        return wallet_that_allows([replace(each, claim=None) for each in attempts])

    patch(commit, "wallet_that_allows", mutant)


def limits_of_any_time(patch: Patch) -> None:
    """The update does not ask whether the wallet has the limits by which it was reckoned."""
    condition_of = claims.condition_of

    def mutant(claimed: Sequence[Claim]) -> dict[str, Any]:
        return {k: v for k, v in condition_of(claimed).items() if k != "limits"}

    patch(claims, "condition_of", mutant)


def destination_of_any_age(patch: Patch) -> None:
    """The update does not ask whether the destination is new to the wallet."""
    patch(Destination, "condition", lambda destination: {})


def one_sum_for_all_days(patch: Patch) -> None:
    """What was withdrawn on another day counts as well."""
    patch(allowance, "day_of", lambda at: "20260224")


def no_share_back(patch: Patch) -> None:
    """A refund leaves the sum of its withdrawal's day as it is."""
    patch(attempts, "refund_claim", lambda day, amount_cents, was_new: Claim(ANY_LIMITS))


def refusal_not_stored(patch: Patch) -> None:
    """A refusal by a limit is told, and not put on record."""
    exceeded = Allowance.exceeded

    def mutant(
        allowed: Allowance, amount_cents: int, at: datetime, spent: Mapping[str, Spent]
    ) -> None:
        if (found := exceeded(allowed, amount_cents, at, spent)) is not None:
            raise errors.LimitExceeded("", found.told)

    patch(Allowance, "exceeded", mutant)


def first_of_a_group(patch: Patch) -> None:
    """Of withdrawals that share an update, only the first is held against the limits."""
    condition_of = claims.condition_of
    patch(claims, "condition_of", lambda claimed: condition_of(claimed[:1]))
