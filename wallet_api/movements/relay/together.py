"""Copy the outboxes of many wallets in the round trips of a few."""

import logging
from collections.abc import Collection
from typing import Any, NamedTuple

from bson import ObjectId

from wallet_api.database_trouble import trouble_in
from wallet_api.movements.relay.copy import copy_outbox, copy_wallets
from wallet_api.movements.relay.durable_read import read_together

log = logging.getLogger(__name__)


class Copied(NamedTuple):
    movements: int
    failed: list[ObjectId]
    """Users whose wallets cannot be copied; the log says why."""


def copy_outboxes(users: Collection[ObjectId], only_if: dict[str, Any] | None = None) -> Copied:
    """As copy_outbox for each of them, in five round trips at most, and those of refunds.

    Where one of them cannot be copied, they are copied one by one.

    Raises PyMongoError: the database is in trouble, and no wallet's copy is to blame.
    """
    if len(users) == 1:
        return _one_by_one(users, only_if)
    claim = ObjectId()
    try:
        wallets = read_together(users, claim, only_if or {})
        return Copied(copy_wallets(wallets) if wallets else 0, [])
    except Exception as error:
        if trouble_in(error) is not None:
            raise
        # Those that this try has claimed are its own still, and no other process's.
        return _one_by_one(users, {"$or": [{"copying": claim}, only_if or {}]})


def _one_by_one(users: Collection[ObjectId], only_if: dict[str, Any] | None) -> Copied:
    movements, failed = 0, []
    for user in users:
        try:
            movements += copy_outbox(user, only_if)
        except Exception as error:
            if trouble_in(error) is not None:
                raise
            # One corrupt wallet must not keep the others waiting, nor may 500 of them.
            log.exception("The movements of wallet %s cannot be copied", user)
            failed.append(user)
    return Copied(movements, failed)
