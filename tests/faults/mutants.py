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
from wallet_api.movements import post, updates
from wallet_api.movements.orders import Receipt
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
    has_not_left = updates._has_not_left

    def mutant(step: updates.Step) -> dict[str, Any]:
        return {} if step.generation else has_not_left(step)

    updates._has_not_left = mutant


def no_memory_of_keys() -> None:
    """A key is forgotten once it has left the outbox."""
    bloom_filter.is_new = lambda user, scoped_key: {}


def cut_first() -> None:
    """The outbox is shortened before the copies are made."""
    insert, cut = copy._insert, copy._cut
    waiting: list[Any] = []
    copy._insert = lambda *copies: waiting.append(copies)

    def mutant(wallet: Any, chain_end: Any) -> bool:
        mine = waiting[:]
        waiting.clear()
        done = cut(wallet, chain_end)
        time.sleep(0.05)
        for copies in mine:
            insert(*copies)
        return done

    copy._cut = mutant


def read_then_write() -> None:
    """The balance is looked at first, and then changed."""
    condition = updates.condition

    def mutant(steps: Any) -> dict[str, Any]:
        if Wallet._get_collection().find_one(condition(steps)) is None:
            return {"_id": None}
        return condition([replace(step, least=None) for step in steps])

    updates.condition = mutant


def plain_read() -> None:
    """The copier believes what it reads, durable or not."""
    copy._read_durably = lambda user, only_if: Wallet._get_collection().find_one(
        {"user": user, **only_if}
    )


def unsettled() -> None:
    """An answer is repeated from whatever is readable, durable or not."""
    look = post._post_with_a_look

    def mutant(order: Any) -> Receipt | None:
        wallet = Wallet._get_collection().find_one({"user": order.user}) or {"outbox": []}
        later = 0
        # Right in every other way: only what is lost afterwards may give it away.
        for movement in reversed(wallet["outbox"]):
            mine = movement.get("idempotencyKey") == order.scoped_key
            if order.key is not None and mine and movement["kind"] != MovementKind.REFUSED:
                return Receipt(
                    id=movement["id"],
                    status="success",
                    amount_cents=abs(order.amount_cents),
                    currency=order.currency,
                    balance_cents=wallet["balanceCents"] - later,
                    created_at=movement["at"],
                    destination=order.destination,
                    replayed=True,
                )
            later += movement["amountCents"]
        return look(order)

    post._post_with_a_look = mutant


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
