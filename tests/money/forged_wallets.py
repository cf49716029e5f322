"""Forged wallets: the used keys, the seal, and whose they are."""

from datetime import timedelta

from bson import ObjectId

from tests.money.audit_books import (
    Books,
    deposited,
    entries,
    opened,
    set_members,
    set_wallet,
    users,
    wallets,
    withdrawals,
)
from tests.money.forging import Forgery, wallet_of
from wallet_api import clock
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import bloom_filter


def _empty_filter(books: Books) -> None:
    copy_outbox(books.user)
    set_wallet(books, seenKeys=bloom_filter.empty(), seenCount=0)


def _zero_filter(books: Books) -> None:
    copy_outbox(books.user)
    set_wallet(books, seenKeys=[bloom_filter.marked(bytes(256))])


def _damage_filter(books: Books) -> None:
    copy_outbox(books.user)
    set_wallet(books, seenKeys="none")


def _cut_layer(books: Books) -> None:
    copy_outbox(books.user)
    set_wallet(books, seenKeys=[bytes(100)])


def _fill_filter_with_others(books: Books) -> None:
    """It has all of its keys and more, so that new keys are doubted."""
    copy_outbox(books.user)
    set_wallet(books, seenKeys=[b"\xff" * 256])


def _seal_filter(books: Books) -> None:
    """As if the filter had been full."""
    copy_outbox(books.user)
    wallet = wallet_of(books)
    sealed = {"user": books.user, "number": 1, "seenKeys": wallet["seenKeys"]}
    SealedKeyFilter._get_collection().insert_one(sealed | {"_id": wallet["generation"]})
    set_wallet(books, seenKeys=bloom_filter.empty(), seenCount=0, sealedFilters=1)


def _delete_sealed_filter(books: Books) -> None:
    _seal_filter(books)
    SealedKeyFilter._get_collection().delete_one({"user": books.user})


def _zero_sealed_filter(books: Books) -> None:
    _seal_filter(books)
    zeros = {"seenKeys": [bytes(256)]}
    SealedKeyFilter._get_collection().update_one({"user": books.user}, {"$set": zeros})


def _take_seal_of_another(books: Books) -> None:
    other = opened()
    deposited(other, 1_00)
    copy_outbox(other)
    found = wallets().find_one({"user": other})
    assert found is not None
    set_wallet(books, seal=found["seal"])


def _delete_all(books: Books) -> None:
    for collection in (wallets, entries, withdrawals):
        collection().delete_many({"user": books.user})
    users().delete_one({"_id": books.user})


def _delete_all_but_the_user(books: Books) -> None:
    an_hour_ago = ObjectId.from_datetime(clock.now() - timedelta(hours=1))
    users().insert_one({"_id": an_hour_ago, "email": "gone@example.com"})


def _deactivate_both(books: Books) -> None:
    set_wallet(books, active=False, activeChanges=1)
    set_members(users, books.user, isActive=False, activeChanges=1)


def _activate_by_hand(books: Books) -> None:
    _deactivate_both(books)
    set_wallet(books, active=True)


WALLETS: dict[str, Forgery] = {
    "the filter of used keys emptied, its count too": Forgery(_empty_filter, "key_unknown"),
    "the filter of used keys filled with zeros": Forgery(_zero_filter, "key_unknown"),
    "the filter of used keys filled with ones": Forgery(_fill_filter_with_others, "seal"),
    "the filter of used keys replaced by a text": Forgery(_damage_filter, "malformed"),
    "a layer of the filter of used keys cut off": Forgery(_cut_layer, "malformed"),
    "a sealed filter deleted": Forgery(_delete_sealed_filter, "filter_missing"),
    "a sealed filter filled with zeros": Forgery(_zero_sealed_filter, "key_unknown"),
    "a wallet's seal deleted": Forgery(
        lambda books: wallets().update_one({"user": books.user}, {"$unset": {"seal": 1}}), "seal"
    ),
    "a wallet's seal taken from another wallet": Forgery(_take_seal_of_another, "seal"),
    "a wallet, its ledger and its records deleted": Forgery(
        _delete_all_but_the_user, "wallet_missing"
    ),
    "a user deleted, with the wallet, the ledger and the records": Forgery(
        _delete_all, "past_changed", by_anchor=True
    ),
    "a user deleted": Forgery(
        lambda books: users().delete_one({"_id": books.user}), "user_missing"
    ),
    "a wallet deactivated by hand": Forgery(
        lambda books: set_wallet(books, active=False), "activity"
    ),
    "a wallet activated by hand": Forgery(_activate_by_hand, "activity"),
    "a wallet frozen by hand": Forgery(
        lambda books: set_wallet(books, active=False, frozen={"active": True}), None
    ),
    "a wallet and its user deactivated by hand, alike": Forgery(_deactivate_both, None),
    "a user's password, or the epoch of the logins, changed": Forgery(
        lambda books: (
            set_members(users, books.user, password="$argon2id$of somebody else"),
            set_wallet(books, tokenEpoch=ObjectId()),
        ),
        None,
    ),
}
