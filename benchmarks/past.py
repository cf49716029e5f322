"""Wallets with a past, inserted at once: the documents that the service itself would have left."""

import itertools
import secrets
from collections.abc import Iterable, Iterator, Sequence
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


def insert(
    database: Database[dict[str, Any]], users: Sequence[ObjectId], withdrawals: int = 0
) -> None:
    """Users with a wallet each: one deposit, and so many keyed withdrawals of one major unit."""
    no_keys = bloom_filter.empty()
    template = Wallet(user=ObjectId(), currency=CURRENCY, seen_keys=no_keys).to_mongo().to_dict()
    now = clock.now()
    size = max(1, BATCH // (1 + withdrawals))
    for some in _batches(users, size):
        pasts = [_past(user, template, withdrawals, now) for user in some]
        _insert(database, "users", (_user(user, now) for user in some))
        _insert(database, "wallets", (past.wallet for past in pasts))
        _insert(database, "ledger_entries", (e for past in pasts for e in past.entries))
        _insert(database, "withdrawals", (w for past in pasts for w in past.withdrawals))
        _insert(database, "sealed_key_filters", (f for past in pasts for f in past.sealed_filters))


@dataclass(frozen=True, slots=True)
class _Past:
    wallet: dict[str, Any]
    entries: list[dict[str, Any]]
    withdrawals: list[dict[str, Any]]
    sealed_filters: list[dict[str, Any]]


def _past(user: ObjectId, template: dict[str, Any], withdrawals: int, now: datetime) -> _Past:
    movements = [_movement("deposit", FUNDS_CENTS, now)]
    for number in range(withdrawals):
        movement = _movement("withdrawal", -100, now + timedelta(milliseconds=number))
        movement["destination"] = "bank-account-0001"
        movement["idempotencyKey"] = f"withdrawal:{f'past-{number}' if number else REPLAYED_KEY}"
        movements.append(movement)
    wallet = template | {
        "user": user,
        "balanceCents": sum(movement["amountCents"] for movement in movements),
        "sequence": len(movements),
        "generation": ObjectId(),
        "chain": hash_chain.START,
        "outbox": movements,
    }
    # The service's own relay says what the copies are; only inserting them is done in bulk here.
    copies = copies_of(wallet)
    sealed_filters = _with_keys(wallet, movements)
    wallet |= {"outbox": [], "chain": copies.chain}
    wallet["seal"] = wallet_seal.seal_of(wallet)
    return _Past(wallet, copies.entries, copies.withdrawals, sealed_filters)


def _with_keys(wallet: dict[str, Any], movements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Their keys enter the wallet's filter, batch by batch. Returns the sealed filters."""
    sealed_filters = []
    for some in _batches(movements, settings().relay_batch):
        wallet |= {"generation": ObjectId()}
        keys = [each["idempotencyKey"] for each in some if "idempotencyKey" in each]
        retirement = used_keys.retire(wallet, keys)
        if retirement.sealed is not None:
            sealed_filters.append(retirement.sealed)
        wallet |= retirement.change
    return sealed_filters


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


def _insert(
    database: Database[dict[str, Any]], collection: str, documents: Iterable[dict[str, Any]]
) -> None:
    for some in _batches(documents, BATCH):
        database[collection].insert_many(some, ordered=False)


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
