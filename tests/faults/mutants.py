"""The product broken on purpose, in the ways that the faults must reveal."""

import os
import signal
import time
from dataclasses import replace
from typing import Any

from pymongo import WriteConcern

from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import Receipt, commit, lookup, used_keys
from wallet_api.movements.lookup import KeyLookup
from wallet_api.movements.relay import copy
from wallet_api.movements.used_keys import bloom_filter

SELECTED = "FAULT_MUTANT"


def unacknowledged() -> None:
    """w=1 and not journaled: an answer before the movement is safe."""
    concern = WriteConcern(w=1, j=False)
    for document in (Wallet, LedgerEntry, Withdrawal):
        durable = document._get_collection

        def careless(durable: Any = durable) -> Any:
            return durable().with_options(write_concern=concern)

        document._get_collection = staticmethod(careless)


def no_generation() -> None:
    """A key in doubt is committed whatever has happened since it was looked up."""
    used_keys.fence = lambda generation: {}


def no_memory_of_keys() -> None:
    """A key is forgotten once it has left the outbox."""
    bloom_filter.absent_condition = lambda user, scoped_key: {}


def cut_first() -> None:
    """The outbox is shortened before the copies are made."""
    insert_missing, truncate = copy.insert_missing, copy.truncate
    waiting: list[Any] = []
    copy.insert_missing = lambda *copies: waiting.append(copies)

    def mutant(wallet: Any, change: Any) -> bool:
        mine = waiting[:]
        waiting.clear()
        done = truncate(wallet, change)
        time.sleep(0.05)
        for copies in mine:
            insert_missing(*copies)
        return done

    copy.truncate = mutant


def read_then_write() -> None:
    """The balance is looked at first, and then changed."""
    wallet_that_allows = commit.wallet_that_allows

    def mutant(attempts: Any) -> Any:
        if wallet_that_allows(attempts).first() is None:
            return Wallet.objects(user=None)
        return wallet_that_allows([replace(each, min_balance_cents=None) for each in attempts])

    commit.wallet_that_allows = mutant


def plain_read() -> None:
    """The copier believes what it reads, durable or not."""
    copy.read_durably = lambda user, only_if: Wallet._get_collection().find_one(
        {"user": user, **only_if}
    )


def unsettled() -> None:
    """An answer is repeated from whatever is readable, durable or not."""
    look_up = lookup.look_up

    def mutant(order: Any) -> KeyLookup | None:
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

    lookup.look_up = mutant


def impatient() -> None:
    """A worker that is asked to end does so at once, whatever it was doing."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


MUTANTS = {
    mutant.__name__: mutant
    for mutant in (
        unacknowledged,
        no_generation,
        no_memory_of_keys,
        cut_first,
        read_then_write,
        plain_read,
        unsettled,
        impatient,
    )
}
