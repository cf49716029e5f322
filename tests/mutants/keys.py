"""Keys that a wallet forgets, or answers from what is not certain."""

from dataclasses import replace
from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import Order, Receipt, commit, lookup, used_keys
from wallet_api.movements.lookup import KeyLookup
from wallet_api.movements.used_keys import bloom_filter, sealed_filters
from wallet_api.withdrawals import reversal


def no_fence(patch: Patch) -> None:
    """A key that was looked up is committed whatever has happened since."""
    patch(used_keys, "fence", lambda generation: {})


def no_filter_condition(patch: Patch) -> None:
    """A key is unused once it has left the outbox."""
    patch(bloom_filter, "absent_condition", lambda positions, layers: {})


def layers_are_believed(patch: Patch) -> None:
    """A filter's layer that is missing, or is no layer, contains no key."""
    absent_condition = bloom_filter.absent_condition

    def mutant(positions: bloom_filter.Positions, layers: int) -> dict[str, Any]:
        condition = absent_condition(positions, layers)
        return {
            layer: {"$not": {"$bitsAllSet": wanted["$bitsAnyClear"]}}
            for layer, wanted in condition.items()
            if layer != "seenKeys"
        }

    patch(bloom_filter, "absent_condition", mutant)


def no_outbox_condition(patch: Patch) -> None:
    """A key is unused although it is in the outbox."""
    patch(commit, "keys_of", lambda attempts: [])


def no_retirement(patch: Patch) -> None:
    """A truncation forgets the keys that it removes."""
    patch(bloom_filter, "add", lambda user, layers, count, scoped_keys: (layers, count))


def no_count_of_sealed_filters(patch: Patch) -> None:
    """A commit does not demand the number of sealed filters that were asked."""
    guard = used_keys.guard

    def mutant(user: ObjectId, scoped_key: str) -> dict[str, Any] | None:
        condition = guard(user, scoped_key)
        return condition and {k: v for k, v in condition.items() if k != "sealedFilters"}

    patch(used_keys, "guard", mutant)


def no_question_to_sealed_filters(patch: Patch) -> None:
    """Sealed filters are counted and not asked."""
    patch(sealed_filters, "certainly_unused", lambda user, positions, count: True)


def record_before_wallet(patch: Patch) -> None:
    """The record of a key is looked up before the generation is read."""
    look_up = lookup.look_up

    def mutant(order: Order) -> KeyLookup | None:
        of_key = {"user": order.user, "idempotencyKey": order.key}
        record = Withdrawal._get_collection().find_one(of_key)
        found = look_up(order)
        return found and (found if record else replace(found, earlier=None))

    patch(lookup, "look_up", mutant)


def answered_from_outbox(patch: Patch) -> None:
    """A replay is answered from whatever can be read, durable or not."""
    look_up = lookup.look_up

    def mutant(order: Order) -> KeyLookup | None:
        found = look_up(order)
        wallet = Wallet._get_collection().find_one({"user": order.user}) or {"outbox": []}
        later = 0
        # Right in every other way: only what is lost afterwards may give it away.
        for movement in reversed(wallet["outbox"]):
            mine = movement.get("idempotencyKey") == order.scoped_key
            if order.key is not None and mine and movement["kind"] != MovementKind.REFUSED:
                receipt = Receipt(
                    id=movement["id"],
                    status="success",
                    amount_cents=abs(order.amount_cents),
                    currency=order.currency,
                    balance_cents=wallet["balanceCents"] - later,
                    created_at=movement["at"],
                    destination=order.destination,
                    replayed=True,
                )
                return found and replace(found, key_in_outbox=False, earlier=receipt)
            later += movement["amountCents"]
        return found

    patch(lookup, "look_up", mutant)


def refund_of_any_key(patch: Patch) -> None:
    """A refund does not carry the key that its withdrawal gives it, but a new one each time."""
    patch(reversal, "Order", lambda **members: Order(**(members | {"key": str(ObjectId())})))
