"""Filters side by side say what each of them says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.money.test_bloom_filter import USER, keys
from wallet_api.movements.used_keys import bloom_filter
from wallet_api.movements.used_keys.bloom_filter import CAPACITY, positions_of
from wallet_api.movements.used_keys.sliced_filters import SlicedFilters

FULL = [f"deposit:{number}" for number in range(sum(CAPACITY))]


def holding(used: list[str]) -> list[bytes]:
    return bloom_filter.add(USER, bloom_filter.empty(), 0, used)[0]


@given(st.lists(st.lists(keys, max_size=20), max_size=20), st.integers(0, 20), keys)
def test_they_contain_what_one_after_the_other_does(
    filled: list[list[str]], half: int, key: str
) -> None:
    filters = [holding(used) for used in filled]

    sliced = SlicedFilters().with_more(filters[:half]).with_more(filters[half:])

    assert len(sliced) == len(filters)
    for asked in (key, *(old for used in filled for old in used)):
        one_by_one = bloom_filter.might_contain(filters, positions_of(USER, asked))
        assert sliced.might_contain(positions_of(USER, asked)) is one_by_one, asked


@pytest.mark.parametrize("place", [0, 7, 8, 63, 64, 71, 72, 74])
def test_in_every_layer_and_at_every_place(place: int) -> None:
    few = holding(["a"])
    filters = [few] * 75
    filters[place] = holding(FULL)
    sliced = SlicedFilters().with_more(filters)

    assert [key for key in (*FULL, "a") if not sliced.might_contain(positions_of(USER, key))] == []
    assert doubted_of(sliced) < 20


@pytest.mark.parametrize("width", [8, 64])
def test_none_is_mixed_up_with_its_neighbour(width: int) -> None:
    ours, theirs = holding(FULL), holding([f"withdrawal:{key}" for key in FULL])

    sliced = SlicedFilters().with_more([ours, theirs] * (width // 2))

    assert doubted_of(sliced) < 20


def doubted_of(sliced: SlicedFilters) -> int:
    """How many of a thousand new keys."""
    return sum(sliced.might_contain(positions_of(USER, f"new-{number}")) for number in range(1000))


def test_those_that_others_join_stay_as_they_were() -> None:
    before = SlicedFilters().with_more([holding(["a"])] * 9)

    after = before.with_more([holding(["b"])])

    assert (len(before), len(after)) == (9, 10)
    assert not before.might_contain(positions_of(USER, "b"))
    assert after.might_contain(positions_of(USER, "b"))
