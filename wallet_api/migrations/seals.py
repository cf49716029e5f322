"""The seal that a wallet of older code gets on what it holds at that moment."""

from typing import Any

from wallet_api.migrations.key_filters import empty_filter
from wallet_api.movements.relay import wallet_seal
from wallet_api.movements.used_keys import bloom_filter


def sealed(wallet: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """What changes the wallet, with the seal on what it is to be; the filter's layers get the bit
    by which a commit knows that they are whole."""
    after = {**empty_filter(), **wallet, **changed}
    marked = [bloom_filter.marked(layer) for layer in after["seenKeys"]]
    layers = {"seenKeys": marked or bloom_filter.empty()}
    if wallet_seal.is_new(after | layers):
        return changed | layers
    return {**changed, **layers, "seal": wallet_seal.seal_of(after | layers)}
