"""Where a wallet stands right after movements have committed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bson import ObjectId

from wallet_api.documents.kinds import MovementKind

PROJECTION = {"balanceCents": 1, "sequence": 1, "chain.sequence": 1, "volumes": 1, "_id": 0}


class Standing(NamedTuple):
    balance_cents: int
    """Minor units."""
    waiting: int
    """Movements of money that are not copied yet."""
    volumes: int

    @classmethod
    def now(cls, wallet: Mapping[str, Any]) -> "Standing":
        waiting = wallet["sequence"] - wallet["chain"]["sequence"]
        return cls(wallet["balanceCents"], waiting, wallet["volumes"])

    @classmethod
    def after(cls, movement: ObjectId, wallet: Mapping[str, Any]) -> "Standing | None":
        """As it was when this movement was the outbox's last; None if it is not in there."""
        now, moved, entries = cls.now(wallet), 0, 0
        for later in reversed(wallet["outbox"]):
            if later["id"] == movement:
                return cls(now.balance_cents - moved, now.waiting - entries, now.volumes)
            moved += later["amountCents"]
            entries += later["kind"] != MovementKind.REFUSED
        return None
