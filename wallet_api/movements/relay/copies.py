"""What the movements of an outbox become: ledger entries and withdrawal records."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from wallet_api.documents.kinds import DEBITS, FailureReason, MovementKind, first_status
from wallet_api.documents.schema_record import SCHEMA_VERSION
from wallet_api.ledger_signing import PLAIN
from wallet_api.movements.relay import hash_chain

HEAD_START = timedelta(seconds=1)
"""So long a transfer is left to the request that has asked for it."""
NO_TIME = timedelta(0)

_OF_LIMITS = ("limitDay", "newDestination")


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
        version = hash_chain.version_after(link, movement["digestVersion"])
        if movement["kind"] != MovementKind.REFUSED:
            sequence += 1
            entry = _entry(wallet, movement, sequence, balance) | _signed(movement, version)
            entry = hash_chain.linked(entry, link)
            link = hash_chain.end_with(entry, link)
            entries.append(entry)
        if movement["kind"] in DEBITS:
            withdrawals.append(_withdrawal(wallet, movement, balance))
        if movement["kind"] == MovementKind.REFUSED:
            record = _withdrawal(wallet, movement, balance)
            if version != PLAIN:
                record |= _numbered(movement, version, link)
                link = hash_chain.end_with_refusal(record, link)
            withdrawals.append(record)
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
    if movement["kind"] in DEBITS:
        entry["withdrawal"] = movement["id"]
    else:
        entry |= _present(movement, "withdrawal", "idempotencyKey")
    return entry | _present(movement, "reason", "backendKey", *_OF_LIMITS, "gateway", "counterpart")


def _signed(movement: dict[str, Any], version: int) -> dict[str, Any]:
    """What an entry has beyond those that older code made: all that a payout acts on."""
    if version == PLAIN:
        return {}
    more = {"digestVersion": version, **_present(movement, "destination")}
    if movement["kind"] in DEBITS and "idempotencyKey" in movement:
        more["withdrawalKey"] = movement["idempotencyKey"]
    return more


def _numbered(movement: dict[str, Any], version: int, link: dict[str, Any]) -> dict[str, Any]:
    return {
        "refusal": link.get("refusals", 0) + 1,
        "digestVersion": version,
        "bookedAt": movement["bookedAt"],
    }


def _withdrawal(wallet: dict[str, Any], movement: dict[str, Any], balance: int) -> dict[str, Any]:
    refused = movement["kind"] == MovementKind.REFUSED
    status = first_status(refused, movement.get("gateway"))
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
        by_limit = "exceeded" in movement
        record["failureReason"] = (
            FailureReason.LIMIT_EXCEEDED if by_limit else FailureReason.INSUFFICIENT_FUNDS
        )
    if "gateway" in movement:
        begun_by_itself = movement["kind"] == MovementKind.TRANSFER_OUT
        due_at = movement["at"] + (HEAD_START if begun_by_itself else NO_TIME)
        record |= {"gateway": movement["gateway"], "dueAt": due_at}
    if "idempotencyKey" in movement:
        # The record's index is for withdrawals only, so that the key needs no scope there.
        record["idempotencyKey"] = movement["idempotencyKey"].partition(":")[2]
    return record | _present(movement, "backendKey", "exceeded", *_OF_LIMITS)


def _present(movement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: movement[name] for name in names if name in movement}
