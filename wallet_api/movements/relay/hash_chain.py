"""The hash chain over a wallet's ledger entries, which makes later tampering visible."""

import json
from datetime import datetime
from typing import Any

from wallet_api import ledger_signing
from wallet_api.clock import rfc3339
from wallet_api.ledger_signing import PLAIN

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode

START: dict[str, Any] = {"sequence": 0, "head": bytes(32)}
"""The chain of a wallet without entries."""

NO_REFUSALS = bytes(32)


def version_after(link: dict[str, Any], version: int) -> int:
    """Of the next digest of a chain: never an older one than before."""
    return max(version, link.get("version", PLAIN))


def linked(entry: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    """The entry, hashed together with the chain's present end, and booked no earlier than that."""
    at = entry["bookedAt"]
    entry = entry | {
        "bookedAt": max(at, link.get("bookedAt") or at),
        "previousHash": bytes(link["head"]),
    }
    return entry | {"hash": digest(entry)}


def end_with(entry: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    """The end of the chain once it has the entry."""
    return link | {
        "sequence": entry["sequence"],
        "head": entry["hash"],
        "bookedAt": entry["bookedAt"],
        "version": entry.get("digestVersion", PLAIN),
    }


def end_with_refusal(record: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    """The end of the chain once the record of a refusal, which has no entry, is counted in it."""
    return link | {
        "refusals": record["refusal"],
        "refusalsSum": added(link.get("refusalsSum", NO_REFUSALS), refusal_digest(record)),
    }


def added(total: bytes, digest: bytes) -> bytes:
    """The sum of signed digests, whatever their order."""
    return bytes(one ^ other for one, other in zip(total, digest, strict=True))


def digest(entry: dict[str, Any]) -> bytes:
    """Of the entry's canonical content: every member but the hash, in a fixed form.

    Raises UnknownSecret.
    """
    version = entry.get("digestVersion", PLAIN)
    content = [
        bytes(entry["previousHash"]).hex(),
        str(entry["_id"]),
        str(entry["user"]),
        entry["sequence"],
        entry["type"],
        entry["amountCents"],
        entry["currency"],
        entry["balanceAfterCents"],
        str(entry.get("withdrawal") or ""),
        entry.get("reason"),
        entry.get("idempotencyKey"),
        rfc3339(entry["at"]),
        rfc3339(entry["bookedAt"]),
    ]
    if version != PLAIN:
        content += [version, entry.get("destination"), entry.get("withdrawalKey")]
    content += _later_members(entry)
    return ledger_signing.digest(version, "entry", _ENCODE(content).encode())


def refusal_digest(record: dict[str, Any]) -> bytes:
    """Of all that the record of a refused withdrawal says. Raises UnknownSecret."""
    content = [
        str(record["_id"]),
        str(record["user"]),
        record["refusal"],
        record["amountCents"],
        record["currency"],
        record["destination"],
        record.get("idempotencyKey"),
        record["balanceAfterCents"],
        rfc3339(record["createdAt"]),
        rfc3339(record["bookedAt"]),
        record["digestVersion"],
        *_later_members(record),
    ]
    return ledger_signing.digest(record["digestVersion"], "refusal", _ENCODE(content).encode())


def _later_members(source: dict[str, Any]) -> list[Any]:
    """The last of the content, and only where there are some: what older code has hashed stays.

    All but the oldest are objects with names, so that none can be taken for another.
    """
    content: list[Any] = [source["backendKey"]] if "backendKey" in source else []
    if "gateway" in source:
        content.append({"gateway": source["gateway"]})
    if "limitDay" in source:
        content.append({"limitDay": source["limitDay"]})
    if "newDestination" in source:
        content.append({"newDestination": source["newDestination"]})
    if "counterpart" in source:
        content.append({"counterpart": str(source["counterpart"])})
    if "exceeded" in source:
        told = sorted(source["exceeded"].items())
        content.append({"exceeded": {name: _plain(value) for name, value in told}})
    return content


def _plain(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value
