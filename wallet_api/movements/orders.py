"""What a caller asks to be moved, and what it gets back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from wallet_api.callers import ANY_EPOCH, Caller, Epoch
from wallet_api.config import settings
from wallet_api.documents.kinds import DEBITS, MovementKind

BY_THE_USER = (
    MovementKind.DEPOSIT,
    MovementKind.WITHDRAWAL,
    MovementKind.TRANSFER_OUT,
    MovementKind.TRANSFER_IN,
)

_SCOPES = {
    MovementKind.TRANSFER_OUT.value: MovementKind.WITHDRAWAL.value,
    MovementKind.TRANSFER_IN.value: "transfer",
}
"""Of the keys of kinds whose own names are no scopes: a key of POST /withdrawals means one thing,
wherever the money goes."""


@dataclass(frozen=True, slots=True)
class Order:
    """A movement to commit. `amount_cents` is signed: what it adds to the balance."""

    user: ObjectId
    kind: str
    amount_cents: int
    currency: str
    key: str | None = None
    """The caller's idempotency key; its scope is the user and, for most kinds, the kind."""
    destination: str | None = None
    withdrawal: ObjectId | None = None
    reason: str | None = None
    gateway: str | None = None
    """Of a withdrawal: by which it is to be paid out; None: the debit is the whole story. Of a
    refund: that of its withdrawal."""
    limit_day: str | None = None
    """Of a refund: the day for whose limits its withdrawal was counted."""
    to_new_destination: bool = False
    """Of a refund: whether its withdrawal was counted as one to a new destination."""
    counterpart: ObjectId | None = None
    """Of a transfer: the user on the other side."""
    epoch: Epoch = None
    """Of the caller: see `callers`."""
    backend_key: str | None = None
    """Of the caller. Whoever sends a key again gets its answer, be it the user or a back end."""

    @property
    def scoped_key(self) -> str:
        return f"{_SCOPES.get(self.kind, self.kind)}:{self.key}"

    @property
    def by_the_user(self) -> bool:
        """Whether a deactivated wallet refuses it: refunds and adjustments are the operator's."""
        return self.kind in BY_THE_USER

    def is_heard(self, epoch_now: Any) -> bool:
        """Whether a wallet of this epoch still hears the caller."""
        return Caller(self.user, self.epoch).is_heard(epoch_now)

    @property
    def needs_proof(self) -> bool:
        """Whether it may be committed only once the user's email is proved."""
        return self.kind in DEBITS and settings().mail.proof_is_required

    @property
    def needs_epoch(self) -> bool:
        """Whether it may be committed only while the wallet has the caller's epoch."""
        return self.epoch is not ANY_EPOCH and self.kind in BY_THE_USER


@dataclass(frozen=True, slots=True)
class Receipt:
    """A durable movement: the same for the first answer and for every replay of its key."""

    id: ObjectId
    status: str
    """The exception: a withdrawal that was reversed since is `failed` in a replay."""
    amount_cents: int
    """Minor units, unsigned."""
    currency: str
    balance_cents: int
    """Minor units: the balance right after this movement."""
    created_at: datetime
    destination: str | None = None
    refused: bool = False
    """The wallet held too little, or a limit forbade it; nothing moved."""
    exceeded: Mapping[str, Any] | None = None
    """The limit that forbade it."""
    replayed: bool = False
