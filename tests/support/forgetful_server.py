"""A server that crashes, and comes back with nothing but what a durable write has confirmed."""

from collections.abc import Callable
from typing import Any

from bson import ObjectId
from mongoengine import Document

from tests.support.commands import recorder
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.wallet import Wallet
from wallet_api.documents.withdrawal import Withdrawal

COLLECTIONS: tuple[type[Document], ...] = (Wallet, LedgerEntry, Withdrawal)
WRITES = ("findAndModify", "insert", "update", "delete")

State = list[list[dict[str, Any]]]


class ForgetfulServer:
    """Called around every database operation of one user; crashes after the n-th of them.

    A write that is acknowledged by a majority and journaled confirms itself and all before it. A
    read confirms nothing, nor does a write that asks for less.
    """

    def __init__(self, user: ObjectId, crash_after: int | None = None) -> None:
        self._user, self._crash_after = user, crash_after
        self._confirmed = self._state()
        self.operations = 0

    def __call__(self, operation: Callable[[], Any]) -> Any:
        before = self._state()
        with recorder.recording() as commands:
            result = operation()
        writes = [command for command in commands if next(iter(command)) in WRITES]
        after = self._state()
        if after != before and all(_is_durable(write) for write in writes):
            self._confirmed = after
        self.operations += 1
        if self.operations == self._crash_after:
            self.crash()
        return result

    def crash(self) -> None:
        for document, kept in zip(COLLECTIONS, self._confirmed, strict=True):
            document._get_collection().delete_many({"user": self._user})
            if kept:
                document._get_collection().insert_many(kept)

    def _state(self) -> State:
        return [
            list(document._get_collection().find({"user": self._user}).sort("_id", 1))
            for document in COLLECTIONS
        ]


def _is_durable(write: dict[str, Any]) -> bool:
    concern = write.get("writeConcern", {})
    return concern.get("w") == "majority" and concern.get("j") is True
