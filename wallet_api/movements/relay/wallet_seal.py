"""The signature on what only the relay changes in a wallet: the chain's end, and the used keys."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from wallet_api import ledger_signing
from wallet_api.clock import rfc3339
from wallet_api.ledger_signing import FIRST_SIGNED
from wallet_api.movements.used_keys import bloom_filter

_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


def seal_of(wallet: Mapping[str, Any]) -> dict[str, Any]:
    """The seal that the wallet is to have from now on."""
    version = ledger_signing.present_version()
    return {"version": version, "mac": _mac(wallet, version)}


def is_sealed(wallet: Mapping[str, Any]) -> bool:
    """Whether the relay has left the wallet like this. A new one has no seal yet.

    Raises UnknownSecret.
    """
    seal = wallet.get("seal")
    if seal is None:
        return is_new(wallet)
    if not isinstance(seal, dict):
        return False
    version, mac = seal.get("version"), seal.get("mac")
    if not isinstance(version, int) or not isinstance(mac, bytes):
        return False
    return version >= FIRST_SIGNED and hmac.compare_digest(mac, _mac(wallet, version))


def is_new(wallet: Mapping[str, Any]) -> bool:
    """Whether nothing has left the wallet's outbox yet."""
    chain = wallet["chain"]
    counts = chain["sequence"], chain.get("refusals", 0), wallet["seenCount"]
    no_keys = wallet["sealedFilters"] == 0 and wallet["seenKeys"] == bloom_filter.empty()
    return no_keys and counts == (0, 0, 0)


def _mac(wallet: Mapping[str, Any], version: int) -> bytes:
    chain, layers = wallet["chain"], wallet["seenKeys"]
    content = [
        version,
        str(wallet["user"]),
        wallet["currency"],
        chain["sequence"],
        bytes(chain["head"]).hex(),
        rfc3339(chain["bookedAt"]) if chain.get("bookedAt") else None,
        chain.get("version", ledger_signing.PLAIN),
        chain.get("refusals", 0),
        bytes(chain.get("refusalsSum", b"")).hex(),
        wallet["seenCount"],
        wallet["sealedFilters"],
        [len(layer) for layer in layers],
    ]
    return ledger_signing.digest(version, "wallet", _ENCODE(content).encode() + b"".join(layers))
