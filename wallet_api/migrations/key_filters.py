"""Filters of used keys: renamed, and made anew of the records where older code made them otherwise.

A filter that was made with other sizes or hashes does not know its own keys any more: each of them
would be taken for a new one, and pay again. What has left a wallet's outbox is in its records, so
that a filter of the records' keys knows every key that it must.
"""

from collections import defaultdict
from itertools import islice
from typing import Any

from bson import ObjectId
from pymongo.errors import OperationFailure

from wallet_api import database
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.migrations.batches import ABSENT, BATCH, OLDER
from wallet_api.migrations.report import Report
from wallet_api.migrations.withdrawals import plain_key
from wallet_api.movements import used_keys
from wallet_api.movements.relay.copy import insert_missing
from wallet_api.movements.used_keys import bloom_filter

OLD_COLLECTION = "key_volumes"
RENAMED = "sealed filters of keys renamed"

NAMESPACE_NOT_FOUND, NAMESPACE_EXISTS = 26, 48


def empty_filter() -> dict[str, Any]:
    """The members of a wallet without keys."""
    return {"seenKeys": bloom_filter.empty(), "seenCount": 0, "sealedFilters": 0}


def rename_sealed_filters(report: Report) -> None:
    """Give the collection its present name. One round trip where it has it.

    Where a service of this version has started before, both collections exist: the old one's
    filters are then copied, durably, before it is dropped.
    """
    db = database.server().get_default_database()
    if not db.list_collection_names(filter={"name": OLD_COLLECTION}):
        return
    report.done[RENAMED] += db[OLD_COLLECTION].estimated_document_count()
    if report.dry_run:
        return
    new_name = SealedKeyFilter._get_collection_name()
    try:
        db[OLD_COLLECTION].rename(new_name)
    except OperationFailure as error:
        if error.code == NAMESPACE_NOT_FOUND:
            return  # another migration was faster
        if error.code != NAMESPACE_EXISTS:
            raise
        old_filters = db[OLD_COLLECTION].find()
        while some := list(islice(old_filters, BATCH)):
            insert_missing(SealedKeyFilter, some)
        db[OLD_COLLECTION].drop()


def recorded_keys(users: list[ObjectId]) -> dict[ObjectId, list[str]]:
    """The keys of the users' records, with their scopes, by user. Two round trips."""
    keys: dict[ObjectId, list[str]] = defaultdict(list)
    with_key = {"user": {"$in": users}, "idempotencyKey": {"$gt": ""}}
    members = {"user": 1, "idempotencyKey": 1}
    for record in Withdrawal._get_collection().find(with_key, members):
        # Plain also where the record is left as it was: its key must be known all the same.
        key = plain_key(record["idempotencyKey"])
        keys[record["user"]].append(f"{MovementKind.WITHDRAWAL}:{key}")
    for entry in LedgerEntry._get_collection().find(with_key, members):
        keys[entry["user"]].append(entry["idempotencyKey"])
    return keys


def store_keys(wallet: dict[str, Any], keys: list[str]) -> dict[str, Any] | None:
    """Put all but the last few thousand keys into sealed filters; None: the wallet has changed.

    Returns the members of the wallet that hold the keys, for the update that ends its migration.
    Two round trips for every few thousand keys but the last.

    Each filter belongs to one generation of the wallet, as with the relay: whoever seals the filter
    of a generation makes the same document. A migration that was killed goes on from there, with
    all keys: some are then in two filters, which is harmless.
    """
    room = sum(bloom_filter.CAPACITY)
    begun = {name: wallet[name] for name in ("generation", *empty_filter()) if name in wallet}
    state = {"user": wallet["user"], **empty_filter(), **(begun if "migrating" in wallet else {})}
    generation = wallet.get("generation", ABSENT)
    while True:
        some, keys = keys[:room], keys[room:]
        retirement = used_keys.retire({"generation": generation, **state}, some)
        if retirement.sealed is not None:
            insert_missing(SealedKeyFilter, [retirement.sealed])
        fresh = {**retirement.change, "generation": ObjectId()}
        if not keys:
            return fresh
        changed = Wallet._get_collection().update_one(
            {"_id": wallet["_id"], **OLDER, "generation": generation},
            {"$set": {**fresh, "migrating": True}},
        )
        if not changed.matched_count:
            return None
        state |= fresh
        generation = fresh["generation"]
        wallet["generation"] = generation
