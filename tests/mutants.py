"""The product broken on purpose: each mutant must turn a check red that is green without it.

A test applies one with the fixture `mutate`, a process of the fault run by its environment.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bson import ObjectId
from pymongo import MongoClient, WriteConcern
from pymongo.collection import Collection

from wallet_api import ledger_signing
from wallet_api.callers import Caller
from wallet_api.documents.kinds import MovementKind
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements import Order, Receipt, commit, lookup, used_keys, wallets
from wallet_api.movements.attempts import Attempt
from wallet_api.movements.lookup import KeyLookup
from wallet_api.movements.relay import copy
from wallet_api.movements.sendings import Sendings
from wallet_api.movements.used_keys import bloom_filter, sealed_filters
from wallet_api.users import service as users
from wallet_api.withdrawals import reversal

SELECTED = "FAULT_MUTANT"
"""The variable of the environment that names the mutant of a whole process."""

Patch = Callable[[Any, str, Any], None]
"""Replaces an attribute that exists: `setattr` for a process, pytest's for a test."""

Mutant = Callable[[Patch], None]


def w1(patch: Patch) -> None:
    """A write is taken for done before a majority has it."""
    _writes_with(WriteConcern(w=1), patch)


def unjournaled(patch: Patch) -> None:
    """A write is taken for done before it is in the journal."""
    _writes_with(WriteConcern(w="majority", j=False), patch)


def unacknowledged(patch: Patch) -> None:
    """A write is taken for done when one server has it in its memory."""
    _writes_with(WriteConcern(w=1, j=False), patch)


def no_fence(patch: Patch) -> None:
    """A key that was looked up is committed whatever has happened since."""
    patch(used_keys, "fence", lambda generation: {})


def no_filter_condition(patch: Patch) -> None:
    """A key is unused once it has left the outbox."""
    patch(bloom_filter, "absent_condition", lambda user, scoped_key: {})


def no_outbox_condition(patch: Patch) -> None:
    """A key is unused although it is in the outbox."""
    patch(commit, "keys_of", lambda attempts: [])


def no_retirement(patch: Patch) -> None:
    """A truncation forgets the keys that it removes."""
    patch(bloom_filter, "add", lambda user, layers, count, scoped_keys: (layers, count))


def no_count_of_sealed_filters(patch: Patch) -> None:
    """A commit does not demand the number of sealed filters that were asked."""
    guard = used_keys.guard

    def mutant(user: ObjectId, scoped_key: str) -> dict[str, Any] | None:
        condition = guard(user, scoped_key)
        return condition and {k: v for k, v in condition.items() if k != "sealedFilters"}

    patch(used_keys, "guard", mutant)


def no_question_to_sealed_filters(patch: Patch) -> None:
    """Sealed filters are counted and not asked."""
    patch(sealed_filters, "certainly_unused", lambda user, scoped_key, count: True)


def sealed_after_truncation(patch: Patch) -> None:
    """A full filter is stored once the wallet has let go of it."""
    retire, truncate = used_keys.retire, copy.truncate
    late: list[dict[str, Any]] = []

    def without_sealing(wallet: Any, scoped_keys: Any) -> used_keys.Retirement:
        retirement = retire(wallet, scoped_keys)
        late.extend([retirement.sealed] if retirement.sealed is not None else [])
        return retirement._replace(sealed=None)

    def mutant(wallet: Any, change: Any) -> bool:
        done = truncate(wallet, change)
        copy.insert_missing(SealedKeyFilter, late)
        return done

    patch(used_keys, "retire", without_sealing)
    patch(copy, "truncate", mutant)


def record_before_wallet(patch: Patch) -> None:
    """The record of a key is looked up before the generation is read."""
    look_up = lookup.look_up

    def mutant(order: Order) -> KeyLookup | None:
        of_key = {"user": order.user, "idempotencyKey": order.key}
        record = Withdrawal._get_collection().find_one(of_key)
        found = look_up(order)
        return found and (found if record else replace(found, earlier=None))

    patch(lookup, "look_up", mutant)


def answered_from_outbox(patch: Patch) -> None:
    """A replay is answered from whatever can be read, durable or not."""
    look_up = lookup.look_up

    def mutant(order: Order) -> KeyLookup | None:
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

    patch(lookup, "look_up", mutant)


def read_then_write(patch: Patch) -> None:
    """The balance is looked at first, and then changed."""
    wallet_that_allows = commit.wallet_that_allows

    def mutant(attempts: Sequence[Attempt]) -> Any:
        if wallet_that_allows(attempts).first() is None:
            return Wallet.objects(user=None)
        return wallet_that_allows([replace(each, min_balance_cents=None) for each in attempts])

    patch(commit, "wallet_that_allows", mutant)


def refused_though_sent_twice(patch: Patch) -> None:
    """What an update finds is believed, although it may arrive a second time."""
    patch(Sendings, "check", lambda sendings: None)


def follows_any_decision(patch: Patch) -> None:
    """A user's flag is written whatever has been decided since."""
    patch(users, "before", lambda decision: {})


def no_epoch_condition(patch: Patch) -> None:
    """A commit does not ask whether the login of its caller has been ended."""
    patch(commit, "epochs_of", lambda attempts: set())


def password_before_wallet(patch: Patch) -> None:
    """A login takes the epoch that the wallet has once the password is found right."""
    authenticate = users.authenticate

    def mutant(email: str, password: str) -> Any:
        profile, _ = authenticate(email, password)
        wallet = Wallet._get_collection().find_one({"user": profile.id}) or {}
        return profile, Caller(profile.id, wallet.get("tokenEpoch"))

    patch(users, "authenticate", mutant)


def logins_go_on_after_a_deactivation(patch: Patch) -> None:
    """To deactivate a user starts no new epoch."""

    def mutant(user: ObjectId, active: bool) -> int | None:
        row = Wallet.objects(user=user).modify(
            returning=("active_changes",), set__active=active, inc__active_changes=1
        )
        return None if row is None else row.active_changes

    patch(wallets, "set_active", mutant)


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

    def mutant(wallet: Any, change: Any) -> bool:
        mine = waiting[:]
        waiting.clear()
        done = truncate(wallet, change)
        time.sleep(0.05)
        for copies in mine:
            insert_missing(*copies)
        return done

    patch(copy, "insert_missing", lambda *copies: waiting.append(copies))
    patch(copy, "truncate", mutant)


def truncation_of_any_generation(patch: Patch) -> None:
    """The outbox is truncated whatever others have done since it was read."""
    update_one = Collection.update_one

    def mutant(collection: Any, condition: Mapping[str, Any], *rest: Any, **options: Any) -> Any:
        some = {name: value for name, value in condition.items() if name != "generation"}
        return update_one(collection, some, *rest, **options)

    patch(Collection, "update_one", mutant)


def refund_of_any_key(patch: Patch) -> None:
    """A refund does not carry the key that its withdrawal gives it, but a new one each time."""
    patch(reversal, "Order", lambda **members: Order(**(members | {"key": str(ObjectId())})))


def no_causal_session(patch: Patch) -> None:
    """The reading after a command of several wallets need not see what the command has done."""
    start_session = MongoClient.start_session

    def mutant(client: Any, **options: Any) -> Any:
        return start_session(client, **options | {"causal_consistency": False})

    patch(MongoClient, "start_session", mutant)


def impatient(patch: Patch) -> None:
    """A worker that is asked to end does so at once, whatever it was doing."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


MUTANTS: dict[str, Mutant] = {
    mutant.__name__: mutant
    for mutant in (
        w1,
        unjournaled,
        unacknowledged,
        no_fence,
        no_filter_condition,
        no_outbox_condition,
        no_epoch_condition,
        password_before_wallet,
        logins_go_on_after_a_deactivation,
        no_retirement,
        no_count_of_sealed_filters,
        no_question_to_sealed_filters,
        sealed_after_truncation,
        record_before_wallet,
        answered_from_outbox,
        read_then_write,
        mere_read,
        truncation_first,
        truncation_of_any_generation,
        refund_of_any_key,
        no_causal_session,
        impatient,
    )
}


def _writes_with(concern: WriteConcern, patch: Patch) -> None:
    for document in (Wallet, LedgerEntry, Withdrawal):
        durable = document._get_collection

        def careless(durable: Any = durable) -> Any:
            return durable().with_options(write_concern=concern)

        patch(document, "_get_collection", staticmethod(careless))
