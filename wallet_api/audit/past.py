"""All that was booked up to an instant, added up wallet by wallet: it never changes again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from bson import ObjectId

from wallet_api import clock, database
from wallet_api.audit.anchor import Anchor
from wallet_api.audit.differences import Difference
from wallet_api.clock import rfc3339, to_milliseconds

AGE = timedelta(minutes=2)
"""A movement is booked at most a minute before it is read for its copy, which then takes seconds:
what was booked two minutes ago is copied, and nothing is added to it."""


UNSIGNED = (
    "_id",
    "user",
    "amountCents",
    "currency",
    "destination",
    "idempotencyKey",
    "balanceAfterCents",
    "createdAt",
    "movedInAt",
)
"""What never changes of a withdrawal's record, whatever becomes of its status."""


def settled_instant() -> datetime:
    """The latest instant of which all is copied, by the database's clock. One round trip."""
    ahead = timedelta(seconds=database.clock_offset_seconds())
    return to_milliseconds(clock.now() - ahead - AGE)


@dataclass(slots=True)
class WalletPast:
    """Of one wallet, up to one instant."""

    until: datetime
    sequence: int = 0
    head: bytes = b""
    """The hash of the last entry, which fixes all before it."""
    refusals: int = 0
    records: bytes = b""
    """A digest over the records that no hash of the ledger covers, one after the other: refusals,
    and those of older code and other systems. Of a sum of digests, whoever can choose three hundred
    records can make another with the same sum."""

    def add_entry(self, entry: dict[str, Any]) -> None:
        if self._includes(entry):
            self.sequence, self.head = entry["sequence"], bytes(entry.get("hash") or b"")

    def add_refusal(self, record: dict[str, Any], digest: bytes) -> None:
        if self._includes(record):
            self.refusals += 1
            self._add_record(digest)

    def add_unsigned(self, record: dict[str, Any], at: Any) -> None:
        """`at`: when the record cannot have been missing any more.

        What comes later is never read between two records of the past in a way that changes their
        order: they are read in the order of `createdAt`, and each when its debit has been, too.
        """
        if isinstance(at, datetime) and at <= self.until:
            content = repr([str(record.get(name)) for name in UNSIGNED]).encode()
            self._add_record(sha256(content).digest())

    def _add_record(self, digest: bytes) -> None:
        self.records = sha256(self.records + digest).digest()

    def _includes(self, document: dict[str, Any]) -> bool:
        booked_at = document.get("bookedAt")
        return isinstance(booked_at, datetime) and booked_at <= self.until


class Past:
    """Of all wallets, in the order of their users. Keeps a digest and three counts."""

    def __init__(self, until: datetime, expected: Anchor | None = None) -> None:
        self.until = until
        self.expected = expected
        """What it was when an anchor was made of it."""
        self._wallets = self._entries = self._refusals = 0
        self._digest = sha256()

    def add(self, user: ObjectId, wallet: WalletPast) -> None:
        if wallet == WalletPast(wallet.until):
            return
        self._wallets += 1
        self._entries += wallet.sequence
        self._refusals += wallet.refusals
        counts = f"{user} {wallet.sequence} {wallet.refusals} ".encode()
        self._digest.update(counts + wallet.head + wallet.records)

    def anchor(self) -> Anchor:
        return Anchor(
            at=self.until,
            wallets=self._wallets,
            entries=self._entries,
            refusals=self._refusals,
            digest=self._digest.hexdigest(),
        )

    def difference(self) -> Difference | None:
        """None: it is still what it was, as far as is known."""
        then, now = self.expected, self.anchor()
        if then is None or then == now:
            return None
        detail = (
            f"what was booked up to {rfc3339(then.at)} has changed: by the anchor {_told(then)}, "
            f"by the database {_told(now)}"
        )
        if (then.wallets, then.entries, then.refusals) == (now.wallets, now.entries, now.refusals):
            detail += ", and not the same ones"
        return Difference("past_changed", "all", detail)


def _told(anchor: Anchor) -> str:
    return f"{anchor.entries} entries and {anchor.refusals} refusals of {anchor.wallets} wallets"
