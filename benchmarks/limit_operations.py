"""What a request asks of MongoDB, and nothing else: no HTTP, no JSON, no MongoEngine."""

import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from benchmarks.cases import REPLAYED_KEY
from wallet_api import ledger_signing
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.lean_queryset import projection
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.money import MAX_BALANCE_CENTS
from wallet_api.movements import Order, used_keys, wallets
from wallet_api.movements.commit import RETURNED
from wallet_api.movements.lookup import wallets_then_records
from wallet_api.movements.relay.durable_read import booked_outbox
from wallet_api.movements.used_keys import bloom_filter, recent

CURRENCY = "INR"
BALANCE_CENTS = 10**12
_COMMITTED = projection(Wallet, RETURNED)


class Operations:
    """The operations of each case, with the conditions and changes that the service sends.

    Written out, since to make them of attempts is the service's work and not the database's; a test
    compares the commands with the service's.
    """

    def __init__(self, database: Database[dict[str, Any]], outbox_limit: int) -> None:
        self._wallets = database["wallets"]
        self._entries = database["ledger_entries"]
        self._withdrawals = database["withdrawals"]
        self._sealed_filters = database["sealed_key_filters"]
        self._outbox_limit = outbox_limit

    def withdraw(self, user: ObjectId, key: str) -> int:
        """Returns how many movements wait in the wallet's outbox."""
        scoped_key = f"withdrawal:{key}"
        movement = _movement("withdrawal", -100) | {
            "idempotencyKey": scoped_key,
            "destination": "bank-account-0001",
        }
        condition = {
            **self._may_move(user),
            "outbox.idempotencyKey": {"$nin": [scoped_key]},
            "balanceCents": {"$gte": 100},
            "limits": None,
        }
        guard = used_keys.guard(user, scoped_key)
        waiting = self._commit(condition | guard, movement) if guard is not None else None
        while waiting is None:  # The filter is in doubt, or the outbox is full.
            wallet = self.look_up(user, key)
            if wallet["waiting"] >= self._outbox_limit:
                self.copy_outbox(user)
            else:
                condition["generation"] = wallet["generation"]
                waiting = self._commit(condition, movement)
        return waiting

    def deposit(self, user: ObjectId, _: str) -> int:
        """Returns how many movements wait in the wallet's outbox."""
        condition = {
            **self._may_move(user),
            "balanceCents": {"$lte": MAX_BALANCE_CENTS - 100},
        }
        waiting = self._commit(condition, _movement("deposit", 100))
        while waiting is None:
            self.copy_outbox(user)
            waiting = self._commit(condition, _movement("deposit", 100))
        return waiting

    def look_up(self, user: ObjectId, key: str) -> dict[str, Any]:
        order = Order(user, MovementKind.WITHDRAWAL, -100, CURRENCY, key, "bank-account-0001")
        pipeline = wallets_then_records([order], Withdrawal)
        found: dict[str, Any] = self._wallets.aggregate(pipeline).next()
        return found

    def replay(self, user: ObjectId, _: str) -> int:
        self.look_up(user, REPLAYED_KEY)
        return 0

    def balance(self, user: ObjectId, _: str) -> int:
        self._wallets.find_one({"user": user}, wallets.MEMBERS)
        return 0

    def list(self, user: ObjectId, _: str) -> int:
        self.balance(user, "")
        newest = [("createdAt", -1), ("_id", -1)]
        list(self._withdrawals.find({"user": user}).sort(newest).limit(21))
        return 0

    def copy_outbox(self, user: ObjectId) -> None:
        wallet: Any = self._wallets.find_one_and_update(
            {"user": user, "outbox.0": {"$exists": True}},
            [{"$set": {"copying": ObjectId(), "outbox": booked_outbox()}}],
            return_document=ReturnDocument.AFTER,
        )
        if wallet is None:
            return
        outbox = wallet["outbox"]
        ids = [movement["id"] for movement in outbox]
        entries = [_entry(user, wallet, movement) for movement in outbox]
        for number, entry in enumerate(entries, wallet["sequence"] - len(entries) + 1):
            entry["sequence"] = number
        with suppress(BulkWriteError):  # Another process copies the same wallet.
            self._entries.insert_many(entries, ordered=False)
        records = [_record(user, movement) for movement in outbox if "destination" in movement]
        if records:
            with suppress(BulkWriteError):
                self._withdrawals.insert_many(records, ordered=False)
        keys = [each["idempotencyKey"] for each in outbox if "idempotencyKey" in each]
        retirement = used_keys.retire(wallet, keys)
        if retirement.sealed is not None:
            with suppress(DuplicateKeyError):
                self._sealed_filters.insert_one(retirement.sealed)
        version = ledger_signing.present_version()
        end = {
            "sequence": wallet["sequence"],
            "head": os.urandom(32),
            "bookedAt": _now(),
            "version": version,
        }
        self._wallets.update_one(
            {"user": user, "generation": wallet["generation"]},
            {
                "$pull": {"outbox": {"id": {"$in": ids}}},
                "$set": {
                    "generation": ObjectId(),
                    "chain": end,
                    **retirement.change,
                    "seal": {"version": version, "mac": os.urandom(32)},
                },
                "$unset": {"copying": ""},
            },
        )

    def open_wallet(self, user: ObjectId) -> None:
        wallet = Wallet(
            user=user,
            currency=CURRENCY,
            balance_cents=BALANCE_CENTS,
            seen_keys=bloom_filter.empty(),
        )
        self._wallets.insert_one(wallet.to_mongo().to_dict())

    def _may_move(self, user: ObjectId) -> dict[str, Any]:
        exists = {"$exists": False}
        full = f"outbox.{self._outbox_limit - 1}"
        may_move = {"active": True, "tokenEpoch": None}
        return {"user": user, "currency": CURRENCY, full: exists, **may_move}

    def _commit(self, condition: dict[str, Any], movement: dict[str, Any]) -> int | None:
        wallet = self._wallets.find_one_and_update(
            condition,
            {
                "$inc": {"balanceCents": movement["amountCents"], "sequence": 1},
                "$push": {"outbox": {"$each": [movement]}},
            },
            projection=_COMMITTED,
            return_document=ReturnDocument.AFTER,
        )
        if wallet is None:
            return None
        # As the service does: without it each key of a wallet with some is in doubt.
        layers = bloom_filter.layers_of(wallet["seenCount"])
        hint = recent.WalletHint(CURRENCY, wallet["sealedFilters"], layers)
        recent.wallets.put(condition["user"], hint)
        waiting: int = wallet["sequence"] - wallet["chain"]["sequence"]
        return waiting


def _now() -> datetime:
    return datetime.now(UTC)


def _movement(kind: str, amount_cents: int) -> dict[str, Any]:
    return {"id": ObjectId(), "kind": kind, "at": _now(), "amountCents": amount_cents}


def _entry(user: ObjectId, wallet: dict[str, Any], movement: dict[str, Any]) -> dict[str, Any]:
    return {
        "_id": movement["id"],
        "user": user,
        "type": movement["kind"],
        "amountCents": movement["amountCents"],
        "currency": CURRENCY,
        "balanceAfterCents": wallet["balanceCents"],
        "at": movement["at"],
        "withdrawal": movement["id"],
        "bookedAt": movement["at"],
        "previousHash": wallet["chain"]["head"],
        "hash": wallet["chain"]["head"],
        "digestVersion": ledger_signing.present_version(),
        **{name: movement[name] for name in ("destination",) if name in movement},
        "withdrawalKey": movement.get("idempotencyKey"),
    }


def _record(user: ObjectId, movement: dict[str, Any]) -> dict[str, Any]:
    return {
        "_id": movement["id"],
        "user": user,
        "amountCents": -movement["amountCents"],
        "currency": CURRENCY,
        "destination": movement["destination"],
        "status": "success",
        "balanceAfterCents": 0,
        "history": [{"status": "success", "at": movement["at"]}],
        "createdAt": movement["at"],
        "idempotencyKey": movement["idempotencyKey"].partition(":")[2],
    }
