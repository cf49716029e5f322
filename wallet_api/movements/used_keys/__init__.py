"""Which idempotency keys a wallet has used: what proves a key unused, and what remembers it.

A key that has committed is in the wallet's outbox, or in its filter, or in one of its sealed
filters. The commit itself demands that a key is not in the outbox. `guard` makes the condition that
it is in none of the filters; `fence`, that none has entered them since a look-up. `retire` makes
the change that moves keys from the outbox into the filter.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from bson import ObjectId

from wallet_api.documents.schema_record import SCHEMA_VERSION
from wallet_api.movements.members import damaged
from wallet_api.movements.used_keys import bloom_filter, recent, sealed_filters

NO_GUARD: dict[str, Any] = {}
"""Of a movement without a key."""


def guard(user: ObjectId, scoped_key: str) -> dict[str, Any] | None:
    """The condition on the user's wallet that holds only where no filter of it contains the key.

    None where the key may have been used: then the records must be looked up. No round trip, and
    one for sealed filters that are new to this process.

    Raises PyMongoError.
    """
    if recent.answered_keys.get((user, scoped_key)):
        return None
    hint = recent.wallets.get(user)
    count, layers = (hint.sealed_filters, hint.layers) if hint else (0, 1)
    positions = bloom_filter.positions_of(user, scoped_key)
    if not sealed_filters.certainly_unused(user, positions, count):
        return None
    return bloom_filter.absent_condition(positions, layers) | {"sealedFilters": count}


def fence(generation: ObjectId) -> dict[str, Any]:
    """The condition that no key has left the outbox since the wallet had this generation.

    It proves a key unused that was looked up in the records *after* the generation was read, and
    not found.
    """
    return {"generation": generation}


class Retirement(NamedTuple):
    change: dict[str, Any]
    """Of members of the wallet: in the very update that removes the keys from the outbox."""
    sealed: dict[str, Any] | None
    """The wallet's filter, if it was full: a document to insert, durably, before that update."""


def retire(wallet: dict[str, Any], scoped_keys: Iterable[str]) -> Retirement:
    """Move the keys from the outbox of the wallet, as it was read, into its filter.

    Raises OutOfService: the filter is damaged. Grown, it would look whole, and call old keys new.
    """
    layers, count, sealed = wallet["seenKeys"], wallet["seenCount"], None
    if not bloom_filter.is_whole(layers, count):
        raise damaged(wallet["user"], "its seenKeys are no filter of its seenCount keys")
    number = wallet["sealedFilters"]
    if bloom_filter.is_full(count):
        number += 1
        sealed = {
            "_id": wallet["generation"],  # the same from every process
            "user": wallet["user"],
            "number": number,
            "seenKeys": layers,
            "schemaVersion": SCHEMA_VERSION,
        }
        layers, count = bloom_filter.empty(), 0
    layers, count = bloom_filter.add(wallet["user"], layers, count, scoped_keys)
    return Retirement({"seenKeys": layers, "seenCount": count, "sealedFilters": number}, sealed)
