"""A wallet's full filters side by side, eight in a byte: one look asks all eight.

Bit slices, as signature files have them (C. Faloutsos, 1985, doi:10.1145/4078.4080). One after the
other, 250 filters took 116 microseconds a key; so they take 18.
"""

from collections.abc import Iterable, Sequence

from bson import ObjectId

from wallet_api.movements.used_keys import bloom_filter
from wallet_api.movements.used_keys.bloom_filter import Filter

SIDE_BY_SIDE = 8

Slices = tuple[bytes, ...]
"""Of each layer: the byte at a position has the bits that up to eight filters have there."""


class SlicedFilters:
    """A wallet's sealed filters. Never changes: with more of them it is another."""

    def __init__(self, whole: Sequence[Slices] = (), rest: Sequence[Filter] = ()) -> None:
        self._whole = whole
        """Eight filters each."""
        self._rest = rest
        """Fewer than eight, asked one by one: side by side one takes as much space as eight."""

    def __len__(self) -> int:
        return len(self._whole) * SIDE_BY_SIDE + len(self._rest)

    def with_more(self, filters: Iterable[Filter]) -> "SlicedFilters":
        whole, rest = list(self._whole), [*self._rest, *filters]
        while len(rest) >= SIDE_BY_SIDE:
            whole.append(_slices_of(rest[:SIDE_BY_SIDE]))
            del rest[:SIDE_BY_SIDE]
        return SlicedFilters(whole, rest)

    def might_contain(self, user: ObjectId, scoped_key: str) -> bool:
        """Whether one of the filters may contain the key; False: certainly none does."""
        if bloom_filter.might_contain(self._rest, user, scoped_key):
            return True
        positions_in_layers = bloom_filter.positions(user, scoped_key)
        for slices in self._whole:
            for layer, positions in zip(slices, positions_in_layers, strict=True):
                found = 0xFF
                for position in positions:
                    found &= layer[position]
                    if not found:
                        break
                else:
                    return True
        return False


def _slices_of(filters: Sequence[Filter]) -> Slices:
    """A layer that one of them lacks, a damaged filter, has no bit."""
    return tuple(
        _sliced([layers[number] if number < len(layers) else b"" for layers in filters], size * 8)
        for number, size in enumerate(bloom_filter.LAYER_BYTES)
    )


def _sliced(layers: Iterable[bytes], bits: int) -> bytes:
    """By whole numbers of a byte for each bit: a loop over the bits would take a second."""
    every = int.from_bytes(b"\x01" * bits)
    together = 0
    for number, layer in enumerate(layers):
        digits = f"{int.from_bytes(layer, 'little'):0{bits}b}".encode()  # the last bit comes first
        together |= (int.from_bytes(digits) & every) << number
    return together.to_bytes(bits, "little")
