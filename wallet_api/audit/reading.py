"""The database read once through, user by user, in bounded memory."""

from collections.abc import Iterator
from typing import Any

from bson import ObjectId
from mongoengine import Document
from pymongo.cursor import Cursor

from wallet_api.audit import ledger_walk, owner_check, wallet_as_read, withdrawal_match
from wallet_api.audit.depth import Depth
from wallet_api.audit.lenient import collection
from wallet_api.audit.verdict import Verdict
from wallet_api.audit.wallet_check import Owned, check_wallet, check_without_wallet
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.operator_act import OperatorAct
from wallet_api.documents.sealed_key_filter import SealedKeyFilter
from wallet_api.documents.user import User
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal

WALLETS_AT_ONCE = 1000
DOCUMENTS_AT_ONCE = 2000
FILTERS_AT_ONCE = 200
"""2 MB."""

SEALED_MEMBERS = {"user": 1, "number": 1, "seenKeys": 1}

FIRST, LAST = ObjectId("0" * 24), ObjectId("f" * 24)

Found = tuple[ObjectId, Verdict]


def check_range(
    wallets: list[dict[str, Any]], users: dict[str, Any], *, depth: Depth
) -> Iterator[Found]:
    """A verdict on every wallet, and on every user who has none.

    `wallets` have been read; `users` is a condition that holds for them. Four cursors at once:
    round trips by thousands of documents, not by wallets.
    """
    read = _ByUser(wallets)
    owners = _ByUser(
        _read(User, {"_id": users["user"]}, owner_check.USER_MEMBERS, "_id"), user="_id"
    )
    members = ledger_walk.MEMBERS_OF_THE_CHAIN if depth.verify_chain else ledger_walk.MEMBERS
    entries = _ByUser(_read(LedgerEntry, users, members, "user", "sequence"))
    withdrawals = _ByUser(
        _read(Withdrawal, users, withdrawal_match.MEMBERS, "user", "createdAt", "_id")
    )
    sealed = _ByUser(
        _read(SealedKeyFilter, users, SEALED_MEMBERS, "user", "number", at_once=FILTERS_AT_ONCE)
    )
    streams = (read, owners, entries, withdrawals, sealed)
    while any(stream.next for stream in streams):
        user = min(stream.user for stream in streams if stream.next)
        wallet, owner = next(read.of(user), None), next(owners.of(user), None)
        owned = Owned(owner, entries.of(user), withdrawals.of(user), sealed.of(user))
        if wallet is None:
            yield user, check_without_wallet(user, owned)
        else:
            yield user, check_wallet(wallet, owned, depth=depth)


def check_user(user: ObjectId, *, depth: Depth) -> Verdict | None:
    """A verdict on one wallet, read anew; None where the user has nothing. Five round trips."""
    only = {"user": user}
    wallets = list(collection(Wallet).find(only, wallet_as_read.MEMBERS))
    verdicts = [verdict for _, verdict in check_range(wallets, only, depth=depth)]
    return verdicts[0] if verdicts else None


def ranges() -> Iterator[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """All wallets in the order of their users, some at a time, and the condition on `user`.

    Together the conditions hold for every user once, with a wallet or without.
    """
    users: dict[str, Any] = {"$gte": FIRST}
    while True:
        wallets = list(
            collection(Wallet)
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


def strays() -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents that belong to nobody, since their user is no id: (what they are, document)."""
    # By $expr: $lt and $gt alone find values of the operand's own type only.
    nobodys = {"$expr": {"$or": [{"$lt": ["$user", FIRST]}, {"$gt": ["$user", LAST]}]}}
    for document, what in (
        (Wallet, "wallet"),
        (LedgerEntry, "ledger entry"),
        (Withdrawal, "withdrawal"),
        (SealedKeyFilter, "sealed filter of keys"),
    ):
        for stray in collection(document).find(nobodys):
            yield what, stray


def operator_acts() -> Iterator[dict[str, Any]]:
    """The operators' log, by its numbers."""
    found: Cursor[dict[str, Any]] = collection(OperatorAct).find({})
    yield from found.sort("number", 1).batch_size(DOCUMENTS_AT_ONCE)


class _ByUser:
    """Documents ordered by user, handed out user by user."""

    def __init__(
        self, documents: Iterator[dict[str, Any]] | list[dict[str, Any]], user: str = "user"
    ) -> None:
        self._documents = iter(documents)
        self._name = user
        self.next: Any = next(self._documents, None)

    @property
    def user(self) -> ObjectId:
        user: ObjectId = self.next[self._name]
        return user

    def of(self, user: ObjectId) -> Iterator[dict[str, Any]]:
        while self.next is not None and self.user == user:
            document = self.next
            self.next = next(self._documents, None)
            yield document


def _read(
    document: type[Document],
    users: dict[str, Any],
    members: dict[str, int],
    *order: str,
    at_once: int = DOCUMENTS_AT_ONCE,
) -> Iterator[dict[str, Any]]:
    found: Cursor[dict[str, Any]] = collection(document).find(users, members)
    return found.sort([(name, 1) for name in order]).batch_size(at_once).allow_disk_use(True)
