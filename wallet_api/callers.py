"""Who is asking: for which user, and by which of the user's logins, or by which back end's key."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from bson import ObjectId


class _Always(Enum):
    ANY_EPOCH = "any"


ANY_EPOCH: Final = _Always.ANY_EPOCH
"""Of what no login has allowed, and no end of the user's logins stops."""

Epoch = ObjectId | _Always | None
"""The `tokenEpoch` that a wallet had at a login; None: the wallet had none yet."""


@dataclass(frozen=True, slots=True)
class Caller:
    user: ObjectId
    epoch: Epoch = None
    """The caller is heard while the user's wallet still has this epoch."""
    session: str | None = None
    """Of the login; None: a token of older code, or no login."""
    backend_key: str | None = None
    """The name of the key of the back end that asks for the user; None: the user asks."""

    def is_heard(self, epoch_now: Any) -> bool:
        """Whether a wallet of this epoch still hears the caller."""
        return self.epoch is ANY_EPOCH or self.epoch == epoch_now
