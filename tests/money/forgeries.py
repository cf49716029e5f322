"""What a forger can do to the books, and by which check the audit finds it: the rows of a table.

docs/money.md has the same rows, for people. A forger has the whole database, and knows how
everything is computed, but has no secret.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bson import ObjectId

from tests.money.audit_books import (
    Books,
    deposited,
    entries,
    opened,
    seal,
    set_members,
    set_wallet,
    users,
    wallets,
    withdrawals,
    withdrawn,
)
from wallet_api import clock
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.movements.relay import hash_chain
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.used_keys import bloom_filter

ATTACKERS = "attackers-account"
LATER = timedelta(seconds=1)


@dataclass(frozen=True)
class Forgery:
    forge: Callable[[Books], object]
    kind: str | None
    """Of the difference that must be among those that the audit names; None: it is not found."""
    by_anchor: bool = False
    """Whether an anchor that was written before shows it, and nothing else does."""


def _record(books: Books, id_: ObjectId) -> dict[str, Any]:
    found = withdrawals().find_one({"_id": id_})
    assert found is not None
    return found


def _wallet(books: Books) -> dict[str, Any]:
    found = wallets().find_one({"user": books.user})
    assert found is not None
    return found


def _paid(**members: Any) -> Callable[[Books], None]:
    return lambda books: set_members(withdrawals, books.paid, **members)


def _refused(**members: Any) -> Callable[[Books], None]:
    return lambda books: set_members(withdrawals, books.refused, **members)


def _paid_at_another_time(books: Books) -> None:
    at = _record(books, books.paid)["createdAt"] + LATER
    set_members(withdrawals, books.paid, createdAt=at, history=[{"status": "success", "at": at}])


def _with_a_history_of_another_time(books: Books) -> None:
    at = _record(books, books.paid)["createdAt"] + LATER
    set_members(withdrawals, books.paid, history=[{"status": "success", "at": at}])


def _processing_all_along(books: Books) -> None:
    at = _record(books, books.paid)["createdAt"]
    history = [{"status": "processing", "at": at}]
    set_members(withdrawals, books.paid, status="processing", history=history)


def _destination_in_record_and_ledger(books: Books) -> None:
    set_members(withdrawals, books.paid, destination=ATTACKERS)
    set_members(entries, books.paid, destination=ATTACKERS)


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
    chain = _wallet(books)["chain"] | link
    set_wallet(books, balanceCents=balance, sequence=len(made), chain=chain)


def _erase_withdrawal(books: Books) -> None:
    copy_outbox(books.user)
    withdrawals().delete_one({"_id": books.paid})
    kept = entries().find({"user": books.user, "_id": {"$ne": books.paid}}).sort("sequence", 1)
    _rechain(books, list(kept))


def _drop_newest_deposit(books: Books) -> None:
    copy_outbox(books.user)
    newest, before = books.entry(7), books.entry(6)
    entries().delete_one({"_id": newest["_id"]})
    chain = hash_chain.end_with(before, _wallet(books)["chain"])
    set_wallet(books, balanceCents=before["balanceAfterCents"], sequence=6, chain=chain)


def _add_plain_entry(books: Books) -> None:
    copy_outbox(books.user)
    wallet = _wallet(books)
    gift = books.entry(2) | {"_id": ObjectId(), "sequence": 8}
    del gift["digestVersion"]
    gift["balanceAfterCents"] = wallet["balanceCents"] + gift["amountCents"]
    gift = hash_chain.linked(gift, wallet["chain"])
    entries().insert_one(gift)
    chain = hash_chain.end_with(gift, wallet["chain"])
    set_wallet(books, balanceCents=gift["balanceAfterCents"], sequence=8, chain=chain)


def _delete_refusal_and_count_it_out(books: Books) -> None:
    withdrawals().delete_one({"_id": books.refused})
    set_wallet(books, **{"chain.refusals": 0, "chain.refusalsSum": hash_chain.NO_REFUSALS})


def _invent_refusal(books: Books) -> None:
    record = _record(books, books.refused) | {"_id": ObjectId(), "refusal": 2}
    withdrawals().insert_one(record | {"idempotencyKey": "invented"})


def _invent_unnumbered_refusal(books: Books) -> None:
    record = _record(books, books.refused) | {"_id": ObjectId()}
    for name in ("refusal", "idempotencyKey"):
        del record[name]
    withdrawals().insert_one(record)


def _reversed_at_another_time(books: Books) -> None:
    at = _record(books, books.returned)["reversedAt"] + LATER
    set_members(withdrawals, books.returned, reversedAt=at, **{"history.1.at": at})


def _change_copied_movement(books: Books) -> None:
    """The relay has copied it, and not yet removed it."""
    withdrawn(books.user, 1_00)
    before = _wallet(books)
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


def _change_record_of_older_code(books: Books) -> None:
    user = opened()
    deposited(user, 5_00)
    withdrawal = withdrawn(user, 1_00)
    booked = {"$set": {"outbox.$[].bookedAt": clock.now()}}
    wallets().update_one({"user": user}, booked)
    copy_outbox(user)
    assert "digestVersion" not in (entries().find_one({"_id": withdrawal}) or {})
    set_members(withdrawals, withdrawal, destination=ATTACKERS)


def _change_record_that_was_moved_in(books: Books) -> None:
    at = clock.now()
    record = {
        "user": books.user,
        "amountCents": 5_00,
        "currency": "INR",
        "destination": "bank-1",
        "status": "success",
        "balanceAfterCents": 0,
        "history": [{"status": "success", "at": at}],
        "createdAt": at,
        "movedInAt": at,
    }
    id_ = withdrawals().insert_one(record).inserted_id
    set_members(withdrawals, id_, destination=ATTACKERS)


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
    wallet = _wallet(books)
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
    set_wallet(books, chain=_wallet(books)["chain"] | link)
    seal(books)


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


FORGERIES: dict[str, Forgery] = {
    "a withdrawal's destination changed": Forgery(_paid(destination=ATTACKERS), "record_differs"),
    "a withdrawal's destination changed, in its ledger entry too": Forgery(
        _destination_in_record_and_ledger, "entry_changed"
    ),
    "a withdrawal's destination changed, and all hashes computed anew": Forgery(
        _destination_with_its_hash, "seal"
    ),
    "a withdrawal's key changed": Forgery(_paid(idempotencyKey="rent-2"), "record_differs"),
    "a withdrawal's time changed": Forgery(_paid_at_another_time, "record_differs"),
    "a withdrawal's balance after it changed": Forgery(
        _paid(balanceAfterCents=1), "record_differs"
    ),
    "a withdrawal's status changed": Forgery(_paid(status="processing"), "status"),
    "a withdrawal's history changed": Forgery(_with_a_history_of_another_time, "status"),
    "a withdrawal's status changed, and its history alike": Forgery(_processing_all_along, None),
    "a reversal's reason changed": Forgery(
        lambda books: set_members(withdrawals, books.returned, failureReason="gift"),
        "record_differs",
    ),
    "a reversal's time changed": Forgery(_reversed_at_another_time, "record_differs"),
    "a withdrawal deleted": Forgery(
        lambda books: withdrawals().delete_one({"_id": books.paid}), "withdrawal_missing"
    ),
    "a refusal deleted": Forgery(
        lambda books: withdrawals().delete_one({"_id": books.refused}), "refusal_missing"
    ),
    "a refusal deleted, and the wallet's count of them changed": Forgery(
        _delete_refusal_and_count_it_out, "seal"
    ),
    "a refusal's destination changed": Forgery(_refused(destination=ATTACKERS), "refusal_changed"),
    "a refusal's amount changed": Forgery(_refused(amountCents=998_00), "refusal_changed"),
    "a refusal invented": Forgery(_invent_refusal, "refusal_beyond_wallet"),
    "a refusal invented, as older code recorded them": Forgery(_invent_unnumbered_refusal, None),
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
    "a withdrawal of older code changed": Forgery(_change_record_of_older_code, None),
    "a withdrawal that was moved in changed": Forgery(_change_record_that_was_moved_in, None),
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
    "a wallet put back as it was, with its ledger and its records": Forgery(
        _put_back, "past_changed", by_anchor=True
    ),
    "the past computed anew by somebody who has the secret": Forgery(
        _pay_attacker_with_the_secret, "past_changed", by_anchor=True
    ),
    "a user deleted": Forgery(
        lambda books: users().delete_one({"_id": books.user}), "user_missing"
    ),
    "a wallet deactivated by hand": Forgery(
        lambda books: set_wallet(books, active=False), "activity"
    ),
    "a wallet activated by hand": Forgery(_activate_by_hand, "activity"),
    "a wallet and its user deactivated by hand, alike": Forgery(_deactivate_both, None),
}
