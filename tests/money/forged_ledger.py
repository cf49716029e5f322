"""Forged ledgers: entries, the chain of their hashes, the movements that they are copies of."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bson import ObjectId

from tests.money.audit_books import (
    Books,
    entries,
    seal,
    set_members,
    set_wallet,
    wallets,
    withdrawals,
    withdrawn,
)
from tests.money.forging import ATTACKERS, LATER, Forgery, paid_as_older_code, wallet_of
from wallet_api import clock
from wallet_api.movements.relay import hash_chain
from wallet_api.movements.relay.copy import copy_outbox


def _destination_in_record_and_ledger(books: Books) -> None:
    set_members(withdrawals, books.paid, destination=ATTACKERS)
    set_members(entries, books.paid, destination=ATTACKERS)


def _back_end_in_record_and_ledger(books: Books) -> None:
    for documents in (withdrawals, entries):
        set_members(documents, books.paid, backendKey="shop")


def _destination_with_its_hash(books: Books) -> None:
    _destination_in_record_and_ledger(books)
    _rechain(books, list(entries().find({"user": books.user}).sort("sequence", 1)))


def _rechain(books: Books, ledger: Iterable[dict[str, Any]]) -> None:
    """Put this ledger in place, with plain hashes, which everybody can compute, and a wallet and a
    balance that agree."""
    copy_outbox(books.user)
    link: dict[str, Any] = hash_chain.START
    balance, made = 0, []
    for number, entry in enumerate(ledger, start=1):
        balance += entry["amountCents"]
        entry = entry | {"sequence": number, "balanceAfterCents": balance}
        entry.pop("digestVersion", None)
        entry = hash_chain.linked(entry, link)
        link = hash_chain.end_with(entry, link)
        made.append(entry)
    entries().delete_many({"user": books.user})
    entries().insert_many(made)
    chain = wallet_of(books)["chain"] | link
    set_wallet(books, balanceCents=balance, sequence=len(made), chain=chain)


def _erase_withdrawal(books: Books) -> None:
    copy_outbox(books.user)
    withdrawals().delete_one({"_id": books.paid})
    kept = entries().find({"user": books.user, "_id": {"$ne": books.paid}}).sort("sequence", 1)
    _rechain(books, list(kept))


def _change_ledger_of_older_code(books: Books) -> None:
    old = replace(books, user=paid_as_older_code())
    ledger = list(entries().find({"user": old.user}).sort("sequence", 1))
    ledger[0]["at"] -= LATER
    _rechain(old, ledger)


def _drop_newest_deposit(books: Books) -> None:
    copy_outbox(books.user)
    newest, before = books.entry(7), books.entry(6)
    entries().delete_one({"_id": newest["_id"]})
    chain = hash_chain.end_with(before, wallet_of(books)["chain"])
    set_wallet(books, balanceCents=before["balanceAfterCents"], sequence=6, chain=chain)


def _add_plain_entry(books: Books) -> None:
    copy_outbox(books.user)
    wallet = wallet_of(books)
    gift = books.entry(2) | {"_id": ObjectId(), "sequence": 8}
    del gift["digestVersion"]
    gift["balanceAfterCents"] = wallet["balanceCents"] + gift["amountCents"]
    gift = hash_chain.linked(gift, wallet["chain"])
    entries().insert_one(gift)
    chain = hash_chain.end_with(gift, wallet["chain"])
    set_wallet(books, balanceCents=gift["balanceAfterCents"], sequence=8, chain=chain)


def _change_copied_movement(books: Books) -> None:
    """The relay has copied it, and not yet removed it."""
    withdrawn(books.user, 1_00)
    before = wallet_of(books)
    copy_outbox(books.user)
    wallets().replace_one({"_id": before["_id"]}, before)
    set_wallet(books, **{"outbox.1.destination": ATTACKERS})


def _change_waiting_movement(books: Books) -> None:
    withdrawn(books.user, 1_00)
    set_wallet(books, **{"outbox.1.destination": ATTACKERS})
    copy_outbox(books.user)


def _invent_movement(books: Books) -> None:
    gift = {"id": ObjectId(), "kind": "deposit", "at": clock.now(), "amountCents": 5_00}
    change = {"$push": {"outbox": gift}, "$inc": {"balanceCents": 5_00, "sequence": 1}}
    wallets().update_one({"user": books.user}, change)
    copy_outbox(books.user)


def _put_back(books: Books) -> None:
    """What an older copy of the wallet makes possible: its seal was right once."""
    _drop_newest_deposit(books)
    seal(books)


def _pay_attacker_with_the_secret(books: Books) -> None:
    _destination_in_record_and_ledger(books)
    link: dict[str, Any] = hash_chain.START
    for entry in list(entries().find({"user": books.user}).sort("sequence", 1)):
        entry = hash_chain.linked(entry, link)
        link = hash_chain.end_with(entry, link)
        entries().replace_one({"_id": entry["_id"]}, entry)
    set_wallet(books, chain=wallet_of(books)["chain"] | link)
    seal(books)


LEDGER: dict[str, Forgery] = {
    "a withdrawal's destination changed, in its ledger entry too": Forgery(
        _destination_in_record_and_ledger, "entry_changed"
    ),
    "a withdrawal's back end changed, in its ledger entry too": Forgery(
        _back_end_in_record_and_ledger, "entry_changed"
    ),
    "a withdrawal's destination changed, and all hashes computed anew": Forgery(
        _destination_with_its_hash, "seal"
    ),
    "the ledger of older code changed, and all hashes computed anew": Forgery(
        _change_ledger_of_older_code, "seal"
    ),
    "the newest deposit dropped, and the wallet changed to agree": Forgery(
        _drop_newest_deposit, "seal"
    ),
    "a withdrawal erased, and all after it computed anew": Forgery(_erase_withdrawal, "seal"),
    "a ledger entry added, hashed as older code did": Forgery(_add_plain_entry, "older_digest"),
    "a ledger entry's time changed": Forgery(
        lambda books: set_members(entries, books.paid, at=clock.now()), "record_differs"
    ),
    "a ledger entry's reason changed": Forgery(
        lambda books: set_members(entries, books.entry(6)["_id"], reason="gift"), "entry_changed"
    ),
    "a movement changed once it is copied": Forgery(_change_copied_movement, "copy_differs"),
    "a movement changed before it is copied": Forgery(_change_waiting_movement, None),
    "a movement invented, as a request commits it": Forgery(_invent_movement, None),
    "a wallet put back as it was, with its ledger and its records": Forgery(
        _put_back, "past_changed", by_anchor=True
    ),
    "the past computed anew by somebody who has the secret": Forgery(
        _pay_attacker_with_the_secret, "past_changed", by_anchor=True
    ),
}
