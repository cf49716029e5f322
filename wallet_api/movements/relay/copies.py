"""What the movements of an outbox become: ledger entries and withdrawal records."""

from dataclasses import dataclass
from typing import Any

from wallet_api.documents.kinds import FailureReason, MovementKind, WithdrawalStatus
from wallet_api.documents.schema_record import SCHEMA_VERSION
from wallet_api.movements.relay import hash_chain


@dataclass(frozen=True, slots=True)
class Copies:
    entries: list[dict[str, Any]]
    withdrawals: list[dict[str, Any]]
    refunds: list[dict[str, Any]]
    """Movements whose withdrawals have failed."""
    chain: dict[str, Any]
    """Where the ledger ends with these entries."""


def copies_of(wallet: dict[str, Any]) -> Copies:
    """The copies of the wallet's outbox: the same from every process that makes them.

    Sequence and balance after each follow by walking back from the wallet's own.
    """
    outbox = wallet["outbox"]
    moving = [movement for movement in outbox if movement["kind"] != MovementKind.REFUSED]
    balance = wallet["balanceCents"] - sum(movement["amountCents"] for movement in outbox)
    sequence = wallet["sequence"] - len(moving)
    link = wallet["chain"]
    entries, withdrawals, refunds = [], [], []
    for movement in outbox:
        balance += movement["amountCents"]
        if movement["kind"] != MovementKind.REFUSED:
            sequence += 1
            entry = hash_chain.linked(_entry(wallet, movement, sequence, balance), link)
            link = hash_chain.end_with(entry)
            entries.append(entry)
        if movement["kind"] in (MovementKind.WITHDRAWAL, MovementKind.REFUSED):
            withdrawals.append(_withdrawal(wallet, movement, balance))
        if movement["kind"] == MovementKind.REFUND:
            refunds.append(movement)
    return Copies(entries, withdrawals, refunds, link)


def _entry(
    wallet: dict[str, Any], movement: dict[str, Any], sequence: int, balance: int
) -> dict[str, Any]:
    entry = {
        "_id": movement["id"],
        "user": wallet["user"],
        "sequence": sequence,
        "type": movement["kind"],
        "amountCents": movement["amountCents"],
        "currency": wallet["currency"],
        "balanceAfterCents": balance,
        "at": movement["at"],
        "bookedAt": movement["bookedAt"],
        "schemaVersion": SCHEMA_VERSION,
    }
    if movement["kind"] == MovementKind.WITHDRAWAL:
        entry["withdrawal"] = movement["id"]
    else:
        entry |= _present(movement, "withdrawal", "idempotencyKey")
    return entry | _present(movement, "reason")


def _withdrawal(wallet: dict[str, Any], movement: dict[str, Any], balance: int) -> dict[str, Any]:
    refused = movement["kind"] == MovementKind.REFUSED
    status = WithdrawalStatus.FAILED if refused else WithdrawalStatus.SUCCESS
    record = {
        "_id": movement["id"],
        "user": wallet["user"],
        "amountCents": movement["requestedCents"] if refused else -movement["amountCents"],
        "currency": wallet["currency"],
        "destination": movement["destination"],
        "status": status,
        "balanceAfterCents": balance,
        "history": [{"status": status, "at": movement["at"]}],
        "createdAt": movement["at"],
        "schemaVersion": SCHEMA_VERSION,
    }
    if refused:
        record["failureReason"] = FailureReason.INSUFFICIENT_FUNDS
    if "idempotencyKey" in movement:
        # The record's index is for withdrawals only, so that the key needs no scope there.
        record["idempotencyKey"] = movement["idempotencyKey"].partition(":")[2]
    return record


def _present(movement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: movement[name] for name in names if name in movement}
