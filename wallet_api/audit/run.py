"""Is any money missing?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from bson import ObjectId

from wallet_api.audit import reading
from wallet_api.audit.depth import Depth
from wallet_api.audit.differences import Difference, Findings
from wallet_api.audit.operator_check import check_acts
from wallet_api.audit.past import Past
from wallet_api.audit.transfer_match import Transfers
from wallet_api.audit.verdict import Summary, Verdict
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal

READINGS = 3
"""A wallet is read so many times before a difference of it counts."""


def audit(
    summary: Summary,
    *,
    verify_chain: bool,
    progress: Callable[[int], None],
    pasts: Sequence[Past] = (),
) -> Iterator[Difference]:
    """Compare the whole database with itself, and count it in `summary`; yields what differs.

    `pasts` are added up, and compared with what is expected of them.

    It reads only, and runs while the service serves. There are no transactions to read in, so
    that a wallet, its entries and its withdrawals are of different instants. In this order:

    - The wallet is one document: balance, sequence, outbox and chain are of one instant. Balance
      and sequence count what is copied and what the outbox carries.
    - The entries are read after it. What the wallet calls copied was durable before it could say
      so, and never changes: it must be there. What its outbox carries may be there. What is later
      than its sequence came after it was read.
    - The withdrawals are read after it too. A record is inserted, or marked as failed for its
      refund, before the wallet calls the movement copied.
    - So are the users. A user is written before the wallet, and never deleted.

    So only what is newer than the wallet can look wrong and be right: an entry beyond its
    sequence, a withdrawal without its debit, a failed one without its refund, a key that is in no
    filter, a user without a wallet. It was there in the
    first reading; the wallet of the next reading is younger than that, and must account for it. A
    difference counts when every reading finds that same one. That raises no false alarm however
    fast money moves, and hides nothing: what is wrong stays wrong.

    Transfers are compared with other wallets, which are of other instants: `transfer_match` says
    why that raises no false alarm either.

    Raises PyMongoError.
    """
    depth = Depth(verify_chain, tuple(past.until for past in pasts))
    transfers = Transfers()
    for wallets, users in reading.ranges():
        for user, verdict in reading.check_range(wallets, users, depth=depth):
            if verdict.differences:
                verdict = _read_again(user, verdict, depth=depth)
            summary.add(verdict)
            for past, of_wallet in zip(pasts, verdict.pasts, strict=False):
                past.add(user, of_wallet)
            yield from verdict.differences
            progress(verdict.wallets)
            transfers.include(verdict.transfers)
            if transfers.are_many:
                yield from _counted(transfers.compared(), summary)
    yield from _counted(transfers.compared(), summary)
    acts = Findings("all", None)
    summary.operator_acts = check_acts(reading.operator_acts(), acts)
    others = (*_strays(), *_keys_twice(), *_changed(pasts), *acts.differences)
    yield from _counted(others, summary)


def _counted(differences: Iterable[Difference], summary: Summary) -> Iterator[Difference]:
    for difference in differences:
        summary.differences += 1
        yield difference


def is_empty() -> bool:
    """Whether there is nothing to audit: no user, wallet, entry or withdrawal. Four round trips at
    most.

    Raises PyMongoError.
    """
    return all(
        document._get_collection().find_one({}, {"_id": 1}) is None
        for document in (User, Wallet, LedgerEntry, Withdrawal)
    )


def wallets_about() -> int:
    """How many there are, roughly: a crash of the server leaves the count inexact."""
    wallets: int = Wallet._get_collection().estimated_document_count()
    return wallets


def _changed(pasts: Sequence[Past]) -> Iterator[Difference]:
    for past in pasts:
        if (difference := past.difference()) is not None:
            yield difference


def _read_again(user: ObjectId, verdict: Verdict, *, depth: Depth) -> Verdict:
    for _ in range(READINGS - 1):
        doubted = {difference.identity for difference in verdict.differences}
        again = reading.check_user(user, depth=depth)
        if again is None:
            return Verdict(currency=None, wallets=0)
        verdict = again
        verdict.differences = [
            difference for difference in again.differences if difference.identity in doubted
        ]
        if not verdict.differences:
            break
    return verdict


def _strays() -> Iterator[Difference]:
    for what, document in reading.strays():
        found = Findings(document.get("user"), document.get("currency"))
        amount_cents = document.get("amountCents", document.get("balanceCents"))
        detail = f"a {what} of nobody: this is no id of a user"
        found.add("stray", detail, entry=document["_id"], amount_cents=amount_cents)
        yield from found.differences


def _keys_twice() -> Iterator[Difference]:
    """Keys that two records of a user share. None can where the unique index stands, which is
    therefore asked first; without it, the server groups all of them."""
    for document in (LedgerEntry, Withdrawal):
        collection = document._get_collection()
        if any(
            index["key"] == [("user", 1), ("idempotencyKey", 1)] and index.get("unique")
            for index in collection.index_information().values()
        ):
            continue
        for group in collection.aggregate(_KEYS_TWICE, allowDiskUse=True):
            yield from _key_twice(group)


def _key_twice(group: dict[str, Any]) -> Iterator[Difference]:
    found = Findings(group["_id"]["user"], group["currency"])
    detail = f"the idempotency key {group['_id']['key']!r} has been used {group['times']} times"
    found.add("key_twice", detail, entry=group["last"], amount_cents=group["amountCents"])
    yield from found.differences


_KEYS_TWICE: list[dict[str, Any]] = [
    {"$match": {"idempotencyKey": {"$gt": ""}}},
    {
        "$group": {
            "_id": {"user": "$user", "key": "$idempotencyKey"},
            "times": {"$sum": 1},
            "last": {"$last": "$_id"},
            "amountCents": {"$last": "$amountCents"},
            "currency": {"$last": "$currency"},
        }
    },
    {"$match": {"times": {"$gt": 1}}},
]
