"""Which keys have left a wallet's outbox: a filter that at times takes a new key for a used one,
and never a used key for a new one.

The filter is a member of the wallet, so that the commit's own condition proves a key unused, and
the request need not look up the records (B. Bloom, 1970, doi:10.1145/362686.362692). A full filter
is sealed, see `sealed_filters`, and the wallet starts a new one.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from struct import Struct
from typing import Any

from bson import ObjectId

Filter = Sequence[bytes]
"""Its layers: one at least. Without a layer it would contain no key as well."""

Positions = list[list[int]]
"""Of a key: the bits, by layer, that a filter has which contains the key in that layer."""

LAYER_BYTES = (256, 2048, 8192)
"""A layer is added when the one before is full, so that a wallet with few keys stays small:
MongoDB rewrites all of it with each movement."""

HASHES = 8
_HASHES = Struct(f"<{HASHES}I")

BITS_PER_KEY = 20
"""With eight hashes, a full layer takes one new key in 7,000 for an old one (Bloom's formula). So
few, since the errors of sealed filters add up: a hundred of them doubt one new key in 24."""

CAPACITY = tuple(size * 8 // BITS_PER_KEY for size in LAYER_BYTES)
"""Keys that each layer holds."""


def absent_condition(positions: Positions, layers: int) -> dict[str, Any]:
    """The condition on a wallet that its filter has so many layers, each of them whole, and does
    not contain the key with these positions.

    The server takes what is missing for zeros. So a layer that is cut off, or that is none at all,
    lacks its last bit, which every layer has.
    """
    condition: dict[str, Any] = {}
    if layers < len(LAYER_BYTES):
        condition["seenKeys"] = {"$size": layers}  # one that came meanwhile is not asked here
    for layer in range(layers):
        condition[f"seenKeys.{layer}"] = {
            "$bitsAllSet": [LAYER_BYTES[layer] * 8 - 1],
            "$bitsAnyClear": positions[layer],
        }
    return condition


def might_contain(filters: Iterable[Filter], positions: Positions) -> bool:
    """Whether one of the filters may contain the key with these positions; False: certainly none
    does."""
    asked = [
        [(position // 8, 1 << position % 8) for position in in_layer] for in_layer in positions
    ]
    for layers in filters:
        for layer, bits in zip(layers, asked, strict=False):
            # A loop of loops: 0.2 us a layer; all() and any() take three times as long.
            for byte, bit in bits:
                if not layer[byte] & bit:
                    break
            else:
                return True
    return False


def positions_of(user: ObjectId, scoped_key: str) -> Positions:
    digest = _digest(user, scoped_key)
    return [_positions(digest, size) for size in LAYER_BYTES]


def is_whole(layers: Any, count: Any = None) -> bool:
    """Whether these are the layers of a filter (of so many keys): a damaged one takes a used key
    for a new one."""
    return (
        isinstance(layers, list)
        and all(isinstance(layer, bytes) for layer in layers)
        and are_sizes(list(map(len, layers)), count)
    )


def are_sizes(sizes: Any, count: Any = None) -> bool:
    """Whether a filter (of so many keys) has layers of so many bytes."""
    if not sizes or not isinstance(sizes, list) or sizes != list(LAYER_BYTES[: len(sizes)]):
        return False
    return count is None or (isinstance(count, int) and len(sizes) == layers_of(count))


def empty() -> list[bytes]:
    """The layers of a filter without keys."""
    return [marked(bytes(LAYER_BYTES[0]))]


def marked(layer: bytes) -> bytes:
    """The layer with the bit that every layer has: its last."""
    return layer[:-1] + bytes([layer[-1] | 0x80])


def is_full(count: int) -> bool:
    return count >= sum(CAPACITY)


def add(
    user: ObjectId, layers: Filter, count: int, scoped_keys: Iterable[str]
) -> tuple[list[bytes], int]:
    """The layers and the count of a wallet's filter once it contains these keys too."""
    grown = [bytearray(layer) for layer in layers]
    for scoped_key in scoped_keys:
        layer = _layer_of(count)
        while layer >= len(grown):
            grown.append(bytearray(marked(bytes(LAYER_BYTES[len(grown)]))))
        for position in _positions(_digest(user, scoped_key), LAYER_BYTES[layer]):
            grown[layer][position // 8] |= 1 << position % 8
        count += 1
    return [bytes(layer) for layer in grown], count


def _layer_of(count: int) -> int:
    """The layer that the key after `count` others goes to."""
    for layer, capacity in enumerate(CAPACITY):
        if count < capacity:
            return layer
        count -= capacity
    return len(CAPACITY) - 1


def layers_of(count: int) -> int:
    """How many layers a filter of so many keys has."""
    return 1 if count <= CAPACITY[0] else _layer_of(count - 1) + 1


def _digest(user: ObjectId, scoped_key: str) -> bytes:
    # Keyed by the user: nobody can choose keys that collide in another's wallet.
    return blake2b(scoped_key.encode(), key=user.binary, digest_size=_HASHES.size).digest()


def _positions(digest: bytes, size: int) -> list[int]:
    return [position % (size * 8) for position in _HASHES.unpack(digest)]
