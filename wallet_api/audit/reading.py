"""The database read once through, user by user, in bounded memory."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from bson import ObjectId
from mongoengine import Document
from pymongo.cursor import Cursor

from wallet_api.audit import ledger_walk, wallet_as_read, withdrawal_match
from wallet_api.audit.verdict import Verdict
from wallet_api.audit.wallet_check import check_wallet, check_without_wallet
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal

WALLETS_AT_ONCE = 1000
DOCUMENTS_AT_ONCE = 2000

FIRST, LAST = ObjectId("0" * 24), ObjectId("f" * 24)

Found = tuple[ObjectId, Verdict]


def check_range(
    wallets: list[dict[str, Any]], users: dict[str, Any], *, verify_chain: bool
) -> Iterator[Found]:
    """A verdict on every wallet, and on every user without one who has entries or withdrawals.

    `wallets` have been read; `users` is a condition that holds for them. Three cursors at once:
    round trips by thousands of documents, not by wallets.
    """
    read = _ByUser(wallets)
    members = ledger_walk.MEMBERS_OF_THE_CHAIN if verify_chain else ledger_walk.MEMBERS
    entries = _ByUser(_read(LedgerEntry, users, members, "user", "sequence"))
    withdrawals = _ByUser(
        _read(Withdrawal, users, withdrawal_match.MEMBERS, "user", "createdAt", "_id")
    )
    streams = (read, entries, withdrawals)
    while any(stream.next for stream in streams):
        user = min(stream.next["user"] for stream in streams if stream.next)
        wallet = next(read.of(user), None)
        of_user = entries.of(user), withdrawals.of(user)
        if wallet is None:
            yield user, check_without_wallet(user, *of_user)
        else:
            yield user, check_wallet(wallet, *of_user, verify_chain=verify_chain)


def check_user(user: ObjectId, *, verify_chain: bool) -> Verdict | None:
    """A verdict on one wallet, read anew; None where the user has nothing. Three round trips."""
    only = {"user": user}
    wallets = list(Wallet._get_collection().find(only, wallet_as_read.MEMBERS))
    verdicts = [verdict for _, verdict in check_range(wallets, only, verify_chain=verify_chain)]
    return verdicts[0] if verdicts else None


def ranges() -> Iterator[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """All wallets in the order of their users, some at a time, and the condition on `user`.

    Together the conditions hold for every user once, with a wallet or without.
    """
    users: dict[str, Any] = {"$gte": FIRST}
    while True:
        wallets = list(
            Wallet._get_collection()
            .find({"user": users}, wallet_as_read.MEMBERS)
            .sort("user", 1)
            .limit(WALLETS_AT_ONCE)
        )
        if len(wallets) < WALLETS_AT_ONCE:
            yield wallets, {"user": users}
            return
        last = wallets[-1]["user"]
        yield wallets, {"user": users | {"$lte": last}}
        users = {"$gt": last}


def users_without_wallet(users: dict[str, Any], wallets: list[dict[str, Any]]) -> int:
    """How many users of the range have no wallet yet: registrations that died halfway."""
    with_wallet = {wallet["user"] for wallet in wallets}
    found = User._get_collection().find({"_id": users["user"]}, {"_id": 1})
    without = (user["_id"] for user in found if user["_id"] not in with_wallet)
    count = 0
    while some := list(islice(without, WALLETS_AT_ONCE)):
        # Asked again, since some registered after the wallets were read.
        count += len(some) - Wallet._get_collection().count_documents({"user": {"$in": some}})
    return count


def strays() -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents that belong to nobody, since their user is no id: (what they are, document)."""
    # By $expr: $lt and $gt alone find values of the operand's own type only.
    nobodys = {"$expr": {"$or": [{"$lt": ["$user", FIRST]}, {"$gt": ["$user", LAST]}]}}
    for document, what in (
        (Wallet, "wallet"),
        (LedgerEntry, "ledger entry"),
        (Withdrawal, "withdrawal"),
    ):
        for stray in document._get_collection().find(nobodys):
            yield what, stray


class _ByUser:
    """Documents ordered by user, handed out user by user."""

    def __init__(self, documents: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> None:
        self._documents = iter(documents)
        self.next: Any = next(self._documents, None)

    def of(self, user: ObjectId) -> Iterator[dict[str, Any]]:
        while self.next is not None and self.next["user"] == user:
            document = self.next
            self.next = next(self._documents, None)
            yield document


def _read(
    document: type[Document], users: dict[str, Any], members: dict[str, int], *order: str
) -> Iterator[dict[str, Any]]:
    found: Cursor[dict[str, Any]] = document._get_collection().find(users, members)
    return (
        found.sort([(name, 1) for name in order]).batch_size(DOCUMENTS_AT_ONCE).allow_disk_use(True)
    )
