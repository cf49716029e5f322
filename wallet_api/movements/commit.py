"""The one update of a wallet that commits movements: its condition and its change, side by side."""

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from bson import Decimal128
from pymongo import UpdateOne

from wallet_api.config import settings
from wallet_api.documents.lean_queryset import LeanQuerySet, Row
from wallet_api.documents.wallet import Wallet
from wallet_api.movements.attempts import (
    Attempt,
    claims_of,
    entry_count,
    epochs_of,
    keys_of,
    moved_cents,
    need_proof,
)
from wallet_api.movements.limits import claims
from wallet_api.movements.sendings import Sendings
from wallet_api.movements.used_keys import bloom_filter

RETURNED = ("balance_cents", "sequence", "chain__sequence", "sealed_filters", "seen_count")
"""The wallet's members that tell where a commit has left it."""


class Committed(NamedTuple):
    """Where a movement has left its wallet."""

    balance_cents: int
    """Minor units."""
    uncopied: int
    """Movements of money that have no ledger entry yet."""
    sealed_filters: int
    layers: int
    """Of its filter of used keys."""

    @classmethod
    def of(cls, row: Row) -> "Committed":
        """A wallet may lack what older code did not write. The movement has committed by now, and
        must be answered."""
        balance_cents, sequence, copied, sealed_filters, seen_count = map(_whole, row)
        layers = bloom_filter.layers_of(seen_count)
        return cls(balance_cents, sequence - copied, sealed_filters, layers)

    def before(self, later: Sequence[Attempt]) -> "Committed":
        """Where the wallet stood before these movements, which came last."""
        return Committed(
            self.balance_cents - moved_cents(later),
            self.uncopied - entry_count(later),
            self.sealed_filters,
            self.layers,
        )


def commit(attempt: Attempt) -> Committed | None:
    """Move the money, or return None where a condition did not hold: then nothing has changed.

    One round trip, one write.

    Raises PyMongoError: unknown whether it committed; the same key sent again finds out.
    """
    return commit_together([attempt])


def commit_together(attempts: Sequence[Attempt]) -> Committed | None:
    """Commit the attempts of one wallet, one after the other, in one update: all or none.

    Returns where the last has left the wallet. Round trips and errors as `commit`.
    """
    sendings = Sendings(attempts[0].movement)
    change = _change(attempts, sendings)
    row = wallet_that_allows(attempts).modify(returning=RETURNED, **change)
    if row is None:
        sendings.check()
        return None
    return Committed.of(row)


def update_command(attempts: Sequence[Attempt], sendings: Sendings) -> UpdateOne:
    """The update of `commit_together`, for a command that carries several.

    `sendings`: of the movement of the first attempt.
    """
    return wallet_that_allows(attempts).update_command(**_change(attempts, sendings))


def wallet_that_allows(attempts: Sequence[Attempt]) -> LeanQuerySet:
    """The wallet, if each attempt may be committed, in this order, and its outbox has space."""
    order = attempts[0].order
    conditions: dict[str, Any] = {
        "user": order.user,
        "currency": order.currency,
        f"outbox__{settings().outbox_limit - len(attempts)}__exists": False,
        **_balance_bounds(attempts),
    }
    if any(each.order.by_the_user for each in attempts):
        conditions["active"] = True
    if need_proof(attempts):
        conditions["email_proved"] = True
    if epochs := epochs_of(attempts):
        (conditions["token_epoch"],) = epochs  # of two, no update can hold: `can_share_update`
    if keys := keys_of(attempts):
        conditions["outbox__idempotency_key__nin"] = keys
    if claimed := claims_of(attempts):
        conditions["__raw__"] = claims.condition_of(claimed)
    if guards := [each.guard for each in attempts if each.guard]:
        guard = guards[0] if len(guards) == 1 else {"$and": guards}
        conditions["__raw__"] = {**guard, **conditions.get("__raw__", {})}
    return Wallet.objects(**conditions)


def _balance_bounds(attempts: Sequence[Attempt]) -> dict[str, int]:
    """What the balance must be before the first attempt for each of them to find what it needs."""
    bounds: dict[str, int] = {}
    moved = 0
    for each in attempts:
        if each.min_balance_cents is not None:
            least = each.min_balance_cents - moved
            bounds["balance_cents__gte"] = max(least, bounds.get("balance_cents__gte", least))
        if each.max_balance_cents is not None:
            most = each.max_balance_cents - moved
            bounds["balance_cents__lte"] = min(most, bounds.get("balance_cents__lte", most))
        moved += each.movement["amountCents"]
    return bounds


def _change(attempts: Sequence[Attempt], first: Sendings) -> dict[str, Any]:
    change: dict[str, Any] = {
        "inc__balance_cents": moved_cents(attempts),
        "inc__sequence": entry_count(attempts),
        "push_all__outbox": [first, *[each.movement for each in attempts[1:]]],
    }
    if counted := [each.claim for each in attempts if each.claim and each.claim.count]:
        change["__raw__"] = claims.change_of(counted)
    return change


def _whole(value: Any) -> int:
    if type(value) is int:
        return value
    if isinstance(value, Decimal128):
        value = value.to_decimal()
    # The server adds to an infinity, or to what is no number, and nothing of it can be counted.
    return int(value) if isinstance(value, int | float | Decimal) and isfinite(value) else 0
