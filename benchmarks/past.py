"""Wallets with a past, inserted at once: the documents that the service itself would have left."""

import itertools
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from flask import Flask
from pymongo.database import Database

from benchmarks.cases import REPLAYED_KEY
from benchmarks.people import Person
from wallet_api import clock, ledger_signing
from wallet_api.auth import tokens
from wallet_api.callers import Caller
from wallet_api.config import settings
from wallet_api.documents.wallet import Wallet
from wallet_api.movements import used_keys
from wallet_api.movements.relay import hash_chain, wallet_seal
from wallet_api.movements.relay.copies import copies_of
from wallet_api.movements.used_keys import bloom_filter

FUNDS_CENTS = 10**12
CURRENCY = "INR"
BATCH = 2000


def people(users: Iterable[ObjectId]) -> list[Person]:
    """Users with tokens, who need not log in."""
    app = Flask("tokens")
    tokens.configure(app)
    with app.app_context():
        return [Person(user, _email(user), "", tokens.issue(Caller(user))) for user in users]


@dataclass(frozen=True, slots=True)
class Past:
    """What a wallet has been through: first its deposits, then its keyed withdrawals."""

    deposits: int = 1
    withdrawals: int = 0

    @property
    def movements(self) -> int:
        return self.deposits + self.withdrawals

    def __str__(self) -> str:
        return f"{self.movements:,} movements, {self.withdrawals:,} of them with a key"


NEW = Past()
"""Funded, and no more."""


def insert(database: Database[dict[str, Any]], users: Iterable[ObjectId], past: Past = NEW) -> None:
    """Users with a wallet each, of this past. What is held at a time is some thousand documents."""
    no_keys = bloom_filter.empty()
    template = Wallet(user=ObjectId(), currency=CURRENCY, seen_keys=no_keys).to_mongo().to_dict()
    now = clock.now()
    waiting: dict[str, list[dict[str, Any]]] = {}
    for user in users:
        waiting.setdefault("users", []).append(_user(user, now))
        for collection, documents in _of_wallet(template | {"user": user}, past, now):
            waiting.setdefault(collection, []).extend(documents)
            if len(waiting[collection]) >= BATCH:
                database[collection].insert_many(waiting.pop(collection), ordered=False)
    for collection, documents in waiting.items():
        if documents:
            database[collection].insert_many(documents, ordered=False)


def _of_wallet(
    wallet: dict[str, Any], past: Past, now: datetime
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Documents by collection. The outbox fills and is copied as often as it would have been, and
    the service's own relay says what the copies are."""
    wallet |= {"balanceCents": 0, "sequence": 0, "chain": hash_chain.START}
    for outbox in _batches(_movements(past, now), settings().relay_batch):
        wallet |= {
            "outbox": outbox,
            "balanceCents": wallet["balanceCents"] + sum(each["amountCents"] for each in outbox),
            "sequence": wallet["sequence"] + len(outbox),
            "generation": ObjectId(),
        }
        copies = copies_of(wallet)
        keys = [each["idempotencyKey"] for each in outbox if "idempotencyKey" in each]
        retirement = used_keys.retire(wallet, keys)
        wallet |= {"outbox": [], "chain": copies.chain, **retirement.change}
        yield "ledger_entries", copies.entries
        yield "withdrawals", copies.withdrawals
        yield "sealed_key_filters", [] if retirement.sealed is None else [retirement.sealed]
    yield "wallets", [wallet | {"generation": ObjectId(), "seal": wallet_seal.seal_of(wallet)}]


def _movements(past: Past, now: datetime) -> Iterator[dict[str, Any]]:
    """A millisecond apart, the last one now."""
    for number in range(past.movements):
        at = now - timedelta(milliseconds=past.movements - 1 - number)
        if number < past.deposits:
            yield _movement("deposit", 100 if number else FUNDS_CENTS, at)
            continue
        nth = number - past.deposits
        yield _movement("withdrawal", -100, at) | {
            "destination": "bank-account-0001",
            "idempotencyKey": f"withdrawal:{f'past-{nth}' if nth else REPLAYED_KEY}",
        }


def _movement(kind: str, amount_cents: int, at: datetime) -> dict[str, Any]:
    stamps = {"at": at, "bookedAt": at, "digestVersion": ledger_signing.present_version()}
    return {"id": ObjectId(), "kind": kind, "amountCents": amount_cents, **stamps}


def _user(user: ObjectId, now: datetime) -> dict[str, Any]:
    return {
        "_id": user,
        "firstName": "Ada",
        "lastName": "Lovelace",
        "email": _email(user),
        "password": secrets.token_hex(8),  # No hash of anything: nobody can log in with it.
        "currency": CURRENCY,
        "isActive": True,
        "createdAt": now,
    }


def _email(user: ObjectId) -> str:
    return f"{user}@example.com"


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
