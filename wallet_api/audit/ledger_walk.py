"""A wallet's ledger entries followed one by one, from zero to the balance."""

from typing import Any

from bson import ObjectId

from wallet_api.audit.differences import Findings
from wallet_api.audit.past import WalletPast
from wallet_api.audit.wallet_as_read import Malformed, WalletAsRead, member
from wallet_api.documents.kinds import DEBITS, MovementKind
from wallet_api.ledger_signing import PLAIN, UnknownSecret
from wallet_api.movements.relay import hash_chain

MEMBERS = {
    "user": 1,
    "sequence": 1,
    "type": 1,
    "amountCents": 1,
    "currency": 1,
    "balanceAfterCents": 1,
    "withdrawal": 1,
    "counterpart": 1,
    "idempotencyKey": 1,
    "withdrawalKey": 1,
    "destination": 1,
    "backendKey": 1,
    "limitDay": 1,
    "newDestination": 1,
    "gateway": 1,
    "reason": 1,
    "at": 1,
    "hash": 1,
    "digestVersion": 1,
}
MEMBERS_OF_THE_CHAIN = MEMBERS | {"bookedAt": 1, "previousHash": 1}

SHAPE = {
    "_id": ObjectId,
    "amountCents": int,
    "balanceAfterCents": int,
    "type": str,
    "hash": bytes,
    "previousHash": bytes,
}
"""What is of another type is damaged, and would break the audit off."""

_IS_OF_ITS_KIND = {
    MovementKind.DEPOSIT: lambda amount_cents: amount_cents > 0,
    MovementKind.WITHDRAWAL: lambda amount_cents: amount_cents < 0,
    MovementKind.REFUND: lambda amount_cents: amount_cents > 0,
    MovementKind.TRANSFER_OUT: lambda amount_cents: amount_cents < 0,
    MovementKind.TRANSFER_IN: lambda amount_cents: amount_cents > 0,
    MovementKind.ADJUSTMENT: lambda amount_cents: amount_cents != 0,
}


class LedgerWalk:
    """Where the ledger has come to, entry by entry."""

    def __init__(
        self, wallet: WalletAsRead, found: Findings, pasts: list[WalletPast], *, verify_chain: bool
    ) -> None:
        self._wallet = wallet
        self._pasts = pasts
        self._found = found
        self._verify_chain = verify_chain
        self._sequence = 0
        self._balance_cents = 0
        self._added_cents = 0
        self._version = PLAIN
        self._hash: Any = hash_chain.START["head"]
        self._head = self._hash if wallet.chain_sequence == 0 else None

    def step(self, entry: dict[str, Any]) -> bool:
        """Compare the next entry. Says whether it belongs to what the wallet calls copied."""
        try:
            sequence = self._check_shape(entry)
        except Malformed as malformed:
            self._found.add("malformed", f"ledger entry: {malformed}", entry=entry["_id"])
            return False
        wallet = self._wallet
        if sequence > wallet.sequence:
            self._add(
                "entry_beyond_wallet",
                f"the wallet has had {wallet.sequence} movements only",
                entry,
                entry["amountCents"],
            )
            return False
        if self._verify_chain:
            self._check_link(entry)
        for past in self._pasts:
            past.add_entry(entry)
        if sequence > wallet.copied_sequence:
            self._compare_copy(entry, wallet.uncopied[sequence])
            return False
        self._follow(entry)
        return True

    def end(self) -> None:
        """Compare where the ledger ends with what the wallet says."""
        wallet, found = self._wallet, self._found
        if self._sequence < wallet.copied_sequence:
            missing_cents = wallet.balance_cents - wallet.uncopied_cents - self._balance_cents
            self._report_missing(wallet.copied_sequence, missing_cents)
        movements_cents = self._added_cents + wallet.uncopied_cents
        if movements_cents != wallet.balance_cents:
            found.add(
                "balance",
                f"the balance is {found.money(wallet.balance_cents)}, its movements add up to "
                f"{found.money(movements_cents)}",
                amount_cents=wallet.balance_cents - movements_cents,
            )
        if wallet.chain_sequence != wallet.copied_sequence:
            found.add(
                "chain_sequence",
                f"the wallet's chain ends at entry {wallet.chain_sequence}, its copied movements "
                f"at {wallet.copied_sequence}",
                sequence=wallet.chain_sequence,
            )
        elif self._head != wallet.chain_head and self._sequence >= wallet.chain_sequence:
            found.add(
                "chain_head",
                "the last entry's hash is not the one that the wallet keeps",
                sequence=wallet.chain_sequence,
            )

    def _check_shape(self, entry: dict[str, Any]) -> int:
        for name, type_ in SHAPE.items():
            if name in entry or name != "previousHash":  # which is read with the chain only
                member(entry, name, type_)
        amount_cents, kind = entry["amountCents"], entry.get("type")
        if kind not in _IS_OF_ITS_KIND:
            raise Malformed(f"its type is {kind!r}")
        if not _IS_OF_ITS_KIND[kind](amount_cents):
            self._add("wrong_sign", f"a {kind} must not be of this amount", entry, amount_cents)
        if entry.get("currency") != self._wallet.currency:
            detail = f"its currency is {entry.get('currency')}, the wallet's is not"
            self._add("currency", detail, entry, amount_cents)
        if kind in DEBITS and entry.get("withdrawal") != entry["_id"]:
            detail = f"it names the withdrawal {entry.get('withdrawal')}, not its own"
            self._add("withdrawal_mismatch", detail, entry, amount_cents)
        if kind in (MovementKind.REFUND, MovementKind.TRANSFER_IN):
            member(entry, "withdrawal", ObjectId)
        sequence: int = member(entry, "sequence", int)
        return sequence

    def _follow(self, entry: dict[str, Any]) -> None:
        sequence, after_cents = entry["sequence"], entry["balanceAfterCents"]
        before_cents = after_cents - entry["amountCents"]
        if sequence <= self._sequence:
            detail = "another entry has this sequence" if sequence > 0 else "sequences start at 1"
            self._add("sequence", detail, entry, entry["amountCents"])
        elif sequence > self._sequence + 1:
            self._report_missing(sequence - 1, before_cents - self._balance_cents)
        elif before_cents != self._balance_cents:
            follows_cents = self._balance_cents + entry["amountCents"]
            self._add(
                "balance_after",
                f"its balance after is {self._found.money(after_cents)}, but "
                f"{self._found.money(follows_cents)} follows from the entry before",
                entry,
                after_cents - follows_cents,
            )
        if after_cents < 0:
            self._add("negative", "the balance after it is below zero", entry, after_cents)
        self._sequence = max(sequence, self._sequence)
        self._balance_cents = after_cents
        self._added_cents += entry["amountCents"]
        if sequence == self._wallet.chain_sequence:
            self._head = entry.get("hash")

    def _check_link(self, entry: dict[str, Any]) -> None:
        detail = "it was changed: its content no longer gives its hash"
        try:
            intact = hash_chain.digest(entry) == entry["hash"]
        except UnknownSecret as error:
            intact, detail = False, error.detail or detail
        except (KeyError, TypeError, AttributeError):
            intact = False
        if not intact:
            self._add("entry_changed", detail, entry, entry["amountCents"])
        version = entry.get("digestVersion", PLAIN)
        if intact and version < self._version:
            detail = f"its digest is of version {version}, after one of version {self._version}"
            self._add("older_digest", detail, entry, entry["amountCents"])
        elif intact:
            self._version = version
        if entry.get("previousHash") != self._hash:
            detail = "it is not linked to the entry before it"
            self._add("link_broken", detail, entry, entry["amountCents"])
        self._hash = entry.get("hash")

    def _compare_copy(self, entry: dict[str, Any], movement: dict[str, Any]) -> None:
        if all(
            movement[mine] == entry[its]
            for mine, its in (("id", "_id"), ("kind", "type"), ("amountCents", "amountCents"))
        ):
            if problems := _copy_problems(entry, movement):
                self._add("copy_differs", "; ".join(problems), entry, entry["amountCents"])
            return
        self._add(
            "not_the_movement",
            f"the wallet committed {movement['kind']} {movement['id']} of "
            f"{self._found.money(movement['amountCents'])} in its place",
            entry,
            entry["amountCents"] - movement["amountCents"],
        )

    def _report_missing(self, last: int, amount_cents: int) -> None:
        first = self._sequence + 1
        which = f"entry {first} is" if first == last else f"entries {first} to {last} are"
        detail = f"{which} not in the ledger"
        self._found.add("entry_missing", detail, sequence=first, amount_cents=amount_cents)

    def _add(self, kind: str, detail: str, entry: dict[str, Any], amount_cents: int) -> None:
        self._found.add(
            kind,
            detail,
            entry=entry["_id"],
            sequence=entry.get("sequence"),
            amount_cents=amount_cents,
        )


def _copy_problems(entry: dict[str, Any], movement: dict[str, Any]) -> list[str]:
    """What the copy says otherwise than its movement, which is still in the outbox."""
    of_withdrawal = entry["type"] in DEBITS
    key = movement.get("idempotencyKey")
    pairs = [
        ("at", movement.get("at")),
        ("balanceAfterCents", movement["balanceAfterCents"]),
        ("withdrawal", movement["id"] if of_withdrawal else movement.get("withdrawal")),
        ("reason", movement.get("reason")),
        ("counterpart", movement.get("counterpart")),
        ("idempotencyKey", None if of_withdrawal else key),
        ("backendKey", movement.get("backendKey")),
        ("limitDay", movement.get("limitDay")),
        ("newDestination", movement.get("newDestination")),
        ("gateway", movement.get("gateway")),
    ]
    if entry.get("digestVersion", PLAIN) != PLAIN:
        pairs.append(("destination", movement.get("destination")))
        pairs.append(("withdrawalKey", key if of_withdrawal else None))
    return [f"its {name} is not the movement's" for name, said in pairs if entry.get(name) != said]
