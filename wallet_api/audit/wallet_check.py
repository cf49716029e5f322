"""One wallet, its ledger entries and its withdrawals: do the three tell the same?"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from bson import ObjectId

from wallet_api import clock
from wallet_api.audit.day_sums import DaySums
from wallet_api.audit.depth import Depth
from wallet_api.audit.differences import Findings
from wallet_api.audit.failed_match import Moved
from wallet_api.audit.key_check import KeyCheck
from wallet_api.audit.ledger_walk import LedgerWalk
from wallet_api.audit.owner_check import check_lone_user, check_owner
from wallet_api.audit.past import WalletPast
from wallet_api.audit.record_match import was_refused
from wallet_api.audit.refusal_check import RefusalCheck
from wallet_api.audit.transfer_match import TransferMatch
from wallet_api.audit.verdict import Verdict
from wallet_api.audit.wallet_as_read import Malformed, WalletAsRead, wallet_as_read
from wallet_api.audit.withdrawal_match import WithdrawalMatch
from wallet_api.documents.kinds import DEBITS, MovementKind
from wallet_api.errors import OutOfService
from wallet_api.movements.relay import wallet_seal

Documents = Iterator[dict[str, Any]]


class Owned(NamedTuple):
    """What belongs to one user, beside the wallet."""

    owner: dict[str, Any] | None
    entries: Documents
    """By sequence."""
    withdrawals: Documents
    """By time."""
    sealed: Documents
    """The filters of used keys, by number."""


def check_wallet(document: dict[str, Any], owned: Owned, *, depth: Depth) -> Verdict:
    """Compare the wallet with all that belongs to its user, to the end."""
    try:
        wallet = wallet_as_read(document)
    except Malformed as malformed:
        found = Findings(document["user"], None)
        found.add("malformed", f"wallet: {malformed}")
        for _ in owned.sealed:
            pass
        return Verdict(
            currency=None,
            entries=sum(1 for _ in owned.entries),
            withdrawals=sum(1 for _ in owned.withdrawals),
            differences=found.differences,
        )
    return _WalletCheck(wallet, owned, depth=depth).run(owned)


def check_without_wallet(user: ObjectId, owned: Owned) -> Verdict:
    """Report what is left of a wallet that is gone. Its movements count, its balance is 0: the
    totals then show what is missing."""
    verdict = Verdict(currency=None, wallets=0)
    first_entry = first_withdrawal = None
    asked_cents = 0
    for entry in owned.entries:
        first_entry = first_entry or entry
        verdict.entries += 1
        verdict.moved_cents[str(entry.get("type"))] += _cents(entry)
    for withdrawal in owned.withdrawals:
        first_withdrawal = first_withdrawal or withdrawal
        verdict.withdrawals += 1
        asked_cents += _cents(withdrawal)
    verdict.currency = (first_entry or first_withdrawal or {}).get("currency")
    found = Findings(user, verdict.currency)
    if owned.owner is not None:
        verdict.users_without_wallet = 1
        check_lone_user(owned.owner, found)
    if first_entry is not None:
        found.add(
            "wallet_missing",
            f"there is no such wallet, but {verdict.entries} ledger entries of it",
            entry=first_entry["_id"],
            amount_cents=-sum(verdict.moved_cents.values()),
        )
    if first_withdrawal is not None:
        found.add(
            "wallet_missing",
            f"there is no such wallet, but {verdict.withdrawals} withdrawals of it",
            entry=first_withdrawal["_id"],
            amount_cents=asked_cents,
        )
    for each in owned.sealed:
        found.add("wallet_missing", "a sealed filter of a wallet that is gone", entry=each["_id"])
    verdict.differences = found.differences
    return verdict


class _WalletCheck:
    def __init__(self, wallet: WalletAsRead, owned: Owned, *, depth: Depth) -> None:
        self._wallet = wallet
        self._found = Findings(wallet.user, wallet.currency)
        self._depth = depth
        self._pasts = [WalletPast(until) for until in depth.instants]
        self._walk = LedgerWalk(wallet, self._found, self._pasts, verify_chain=depth.verify_chain)
        self._remembered = KeyCheck(wallet, owned.sealed, self._found)
        self._match = WithdrawalMatch(wallet, self._found, self._pasts)
        self._refusals = RefusalCheck(
            wallet, self._found, self._pasts, verify_chain=depth.verify_chain
        )
        self._transfers = TransferMatch(wallet, self._found)
        self._day_sums = DaySums(wallet, self._found)
        self._keys: dict[str, ObjectId] = {}
        self._verdict = Verdict(wallet.currency, wallet.balance_cents)

    def run(self, owned: Owned) -> Verdict:
        entries, withdrawals = owned.entries, owned.withdrawals
        check_owner(self._wallet, owned.owner, self._found)
        self._check_wallet_alone()
        withdrawal = next(withdrawals, None)
        for entry in entries:
            while withdrawal is not None and _not_after(withdrawal, entry):
                self._take_withdrawal(withdrawal)
                withdrawal = next(withdrawals, None)
            self._take_entry(entry)
        while withdrawal is not None:
            self._take_withdrawal(withdrawal)
            withdrawal = next(withdrawals, None)
        self._take_uncopied()
        self._walk.end()
        self._match.end()
        self._match.reviews.end(self._found)
        self._refusals.end()
        self._day_sums.end(clock.now())
        verdict = self._verdict
        verdict.uncopied = len(self._wallet.uncopied)
        verdict.held_cents = self._match.held_cents
        verdict.owed_cents = self._match.owed_cents
        verdict.reviews = self._match.reviews
        verdict.transfers = self._transfers.transfers
        verdict.transfers_back_cents = self._transfers.back_cents
        verdict.transfers_under_way_cents = self._transfers.under_way_cents
        verdict.pasts = self._pasts
        verdict.differences = self._found.differences
        return verdict

    def _check_wallet_alone(self) -> None:
        wallet, found = self._wallet, self._found
        if wallet.balance_cents < 0:
            detail = "the balance is below zero"
            found.add("negative_balance", detail, amount_cents=wallet.balance_cents)
        if not _is_sealed(wallet):
            detail = (
                "the chain's end, or the used keys, were changed: the seal on them does not fit"
            )
            found.add("seal", detail)
        for movement in wallet.outbox:
            self._check_age(movement)
            key = movement.get("idempotencyKey")
            if (
                isinstance(key, str)
                and self._keys.setdefault(key, movement["id"]) != movement["id"]
            ):
                self._report_key(key, movement["id"], movement["amountCents"])

    def _check_age(self, movement: dict[str, Any]) -> None:
        booked_at = movement.get("bookedAt")
        if any(booked_at is not None and booked_at <= until for until in self._depth.instants):
            detail = "it was booked before the instant of an anchor, and is not copied yet: sweep"
            cents = movement["amountCents"]
            self._found.add("not_copied", detail, entry=movement["id"], amount_cents=cents)

    def _take_entry(self, entry: dict[str, Any]) -> None:
        if "idempotencyKey" in entry:
            self._compare_key(entry, str(entry["idempotencyKey"]))
        if not self._walk.step(entry):
            return
        self._verdict.entries += 1
        self._move(entry["type"], entry["_id"], entry, entry["sequence"], copied=True)

    def _take_withdrawal(self, withdrawal: dict[str, Any]) -> None:
        if "idempotencyKey" in withdrawal:
            self._compare_key(
                withdrawal, f"{MovementKind.WITHDRAWAL}:{withdrawal['idempotencyKey']}"
            )
        self._verdict.withdrawals += 1
        if not isinstance(withdrawal["_id"], ObjectId):
            self._found.add("malformed", "withdrawal: its _id is none", entry=withdrawal["_id"])
            return
        self._match.record(withdrawal)
        self._transfers.record(withdrawal)
        if was_refused(withdrawal):
            self._refusals.record(withdrawal)

    def _take_uncopied(self) -> None:
        for sequence, movement in self._wallet.uncopied.items():
            self._move(movement["kind"], movement["id"], movement, sequence, copied=False)

    def _move(
        self, kind: str, id_: ObjectId, source: dict[str, Any], sequence: int, *, copied: bool
    ) -> None:
        self._verdict.moved_cents[kind] += source["amountCents"]
        self._day_sums.add(source)
        self._transfers.move(kind, source)
        if kind in DEBITS:
            self._match.debit(Moved(id_, sequence, source, copied))
        elif kind == MovementKind.ADJUSTMENT:
            self._match.reviews.recover(source)
        elif kind == MovementKind.REFUND:
            moved = Moved(id_, sequence, source, copied)
            self._match.refund(moved, source.get("withdrawal"))

    def _compare_key(self, record: dict[str, Any], scoped_key: str) -> None:
        self._remembered.compare(record, scoped_key)
        if self._keys.get(scoped_key, record["_id"]) != record["_id"]:
            self._report_key(scoped_key, record["_id"], record.get("amountCents"))

    def _report_key(self, key: str, id_: ObjectId, amount_cents: int | None) -> None:
        detail = f"the idempotency key {key!r} has been used by {self._keys[key]} too"
        self._found.add("key_twice", detail, entry=id_, amount_cents=amount_cents)


def _cents(document: dict[str, Any]) -> int:
    amount_cents = document.get("amountCents")
    return amount_cents if isinstance(amount_cents, int) else 0


def _is_sealed(wallet: WalletAsRead) -> bool:
    try:
        return wallet_seal.is_sealed(wallet.document)
    except (KeyError, TypeError, AttributeError, OutOfService):
        return False


def _not_after(withdrawal: dict[str, Any], entry: dict[str, Any]) -> bool:
    try:
        return bool(withdrawal["createdAt"] <= entry["at"])
    except (KeyError, TypeError):
        return True
