"""A wallet's full filters side by side, 64 or eight in a word: one look asks all of them.

Bit slices, as signature files have them (C. Faloutsos, 1985, doi:10.1145/4078.4080). One after the
other, 250 filters took 116 microseconds a key; by eight they took 18, and by 64 half of that.
"""

from array import array
from collections.abc import Iterable, Sequence

from wallet_api.movements.used_keys import bloom_filter
from wallet_api.movements.used_keys.bloom_filter import Filter, Positions

SIDE_BY_SIDE = 8

Slices = Sequence[Sequence[int]]
"""Of each layer: the word at a position has the bits that eight filters, or 64, have there."""


class SlicedFilters:
    """A wallet's sealed filters. Never changes: with more of them it is another."""

    def __init__(
        self, by_64: Sequence[Slices] = (), by_8: Sequence[Slices] = (), rest: Sequence[Filter] = ()
    ) -> None:
        self._by_64 = by_64
        self._by_8 = by_8
        """Fewer than eight of them."""
        self._rest = rest
        """Fewer than eight, asked one by one: side by side one takes as much space as eight."""

    def __len__(self) -> int:
        return (len(self._by_64) * SIDE_BY_SIDE + len(self._by_8)) * SIDE_BY_SIDE + len(self._rest)

    def with_more(self, filters: Iterable[Filter]) -> "SlicedFilters":
        by_64, by_8, rest = list(self._by_64), list(self._by_8), [*self._rest, *filters]
        while len(rest) >= SIDE_BY_SIDE:
            by_8.append(_slices_of(rest[:SIDE_BY_SIDE]))
            del rest[:SIDE_BY_SIDE]
        while len(by_8) >= SIDE_BY_SIDE:
            by_64.append(
                [_interleaved(layers) for layers in zip(*by_8[:SIDE_BY_SIDE], strict=True)]
            )
            del by_8[:SIDE_BY_SIDE]
        return SlicedFilters(by_64, by_8, rest)

    def might_contain(self, positions: Positions) -> bool:
        """Whether one of the filters may contain the key with these positions; False: certainly
        none does."""
        if self._rest and bloom_filter.might_contain(self._rest, positions):
            return True
        for slices in (*self._by_64, *self._by_8):
            for words, in_layer in zip(slices, positions, strict=True):
                found = -1  # each bit is set
                for position in in_layer:
                    found &= words[position]
                    if not found:
                        break
                else:
                    return True
        return False


def _slices_of(filters: Sequence[Filter]) -> Slices:
    """A layer that one of them lacks, a damaged filter, has no bit."""
    return [
        _sliced([layers[number] if number < len(layers) else b"" for layers in filters], size * 8)
        for number, size in enumerate(bloom_filter.LAYER_BYTES)
    ]


def _sliced(layers: Iterable[bytes], bits: int) -> bytes:
    """By whole numbers of a byte for each bit: a loop over the bits would take a second."""
    every = int.from_bytes(b"\x01" * bits)
    together = 0
    for number, layer in enumerate(layers):
        digits = f"{int.from_bytes(layer, 'little'):0{bits}b}".encode()  # the last bit comes first
        together |= (int.from_bytes(digits) & every) << number
    return together.to_bytes(bits, "little")


def _interleaved(slices: Sequence[Sequence[int]]) -> "array[int]":
    """Words of 64 bits, each of the bytes that eight slices have at its position."""
    together = bytearray(len(slices[0]) * SIDE_BY_SIDE)
    for number, each in enumerate(slices):
        together[number::SIDE_BY_SIDE] = bytes(each)
    return array("Q", bytes(together))
