"""A relay that copies too late, too early, or what need not stay."""

import time
from collections.abc import Mapping
from typing import Any

from bson import ObjectId

from tests.mutants.kinds import Patch
from wallet_api import ledger_signing
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import used_keys
from wallet_api.movements.relay import copy, durable_read


def mere_read(patch: Patch) -> None:
    """The relay believes what it reads, durable or not."""

    def mutant(user: ObjectId, only_if: Mapping[str, Any]) -> Any:
        waits = {"user": user, "outbox.0": {"$exists": True}, **only_if}
        wallet = Wallet._get_collection().find_one(waits)
        for movement in wallet["outbox"] if wallet else ():
            movement.setdefault("bookedAt", movement["at"])
            movement.setdefault("digestVersion", ledger_signing.present_version())
        return wallet

    patch(copy, "read_durably", mutant)


def truncation_first(patch: Patch) -> None:
    """The outbox is truncated before the copies are made."""
    insert_missing, truncate = copy.insert_missing, copy.truncate
    waiting: list[Any] = []

    def mutant(ends: Any) -> None:
        mine = waiting[:]
        waiting.clear()
        truncate(ends)
        time.sleep(0.05)
        for copies in mine:
            insert_missing(*copies)

    patch(copy, "insert_missing", lambda *copies: waiting.append(copies))
    patch(copy, "truncate", mutant)


def truncation_of_any_generation(patch: Patch) -> None:
    """The outbox is truncated whatever others have done since it was read."""
    patch(copy, "unchanged_since", lambda wallet: {"user": wallet["user"]})


def sealed_after_truncation(patch: Patch) -> None:
    """A full filter is stored once the wallet has let go of it."""
    retire, truncate = used_keys.retire, copy.truncate
    late: list[dict[str, Any]] = []

    def without_sealing(wallet: Any, scoped_keys: Any) -> used_keys.Retirement:
        retirement = retire(wallet, scoped_keys)
        late.extend([retirement.sealed] if retirement.sealed is not None else [])
        return retirement._replace(sealed=None)

    def mutant(ends: Any) -> None:
        truncate(ends)
        copy.insert_missing(SealedKeyFilter, late)

    patch(used_keys, "retire", without_sealing)
    patch(copy, "truncate", mutant)


def all_that_was_read(patch: Patch) -> None:
    """Of several wallets, the relay copies also what came after its durable write."""

    def mutant(wallet: dict[str, Any]) -> dict[str, Any]:
        for movement in wallet["outbox"]:
            movement.setdefault("bookedAt", movement["at"])
            movement.setdefault("digestVersion", ledger_signing.present_version())
        return wallet

    patch(durable_read, "as_booked", mutant)
