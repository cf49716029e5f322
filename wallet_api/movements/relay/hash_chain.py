"""The hash chain over a wallet's ledger entries, which makes later tampering visible."""

import hashlib
import json
from typing import Any

from wallet_api.clock import rfc3339

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode

START: dict[str, Any] = {"sequence": 0, "head": bytes(32)}
"""The chain of a wallet without entries."""


def linked(entry: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    """The entry, hashed together with the chain's present end, and booked no earlier than that."""
    at = entry["bookedAt"]
    entry = entry | {
        "bookedAt": max(at, link.get("bookedAt") or at),
        "previousHash": bytes(link["head"]),
    }
    return entry | {"hash": digest(entry)}


def end_with(entry: dict[str, Any]) -> dict[str, Any]:
    """The chain's end once it has the entry."""
    return {"sequence": entry["sequence"], "head": entry["hash"], "bookedAt": entry["bookedAt"]}


def digest(entry: dict[str, Any]) -> bytes:
    """SHA-256 of the entry's canonical content: every member but the hash, in a fixed form."""
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
    return hashlib.sha256(_ENCODE(content).encode()).digest()
