"""Filters side by side say what each of them says."""

from hypothesis import given
from hypothesis import strategies as st

from tests.money.test_bloom_filter import USER, keys
from wallet_api.movements.used_keys import bloom_filter
from wallet_api.movements.used_keys.bloom_filter import CAPACITY
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
        one_by_one = bloom_filter.might_contain(filters, USER, asked)
        assert sliced.might_contain(USER, asked) is one_by_one, asked


def test_in_every_layer_and_at_every_place() -> None:
    few = holding(["a"])
    for place in range(20):
        filters = [few] * 20
        filters[place] = holding(FULL)
        sliced = SlicedFilters().with_more(filters)

        assert [key for key in (*FULL, "a") if not sliced.might_contain(USER, key)] == []
        doubted = sum(sliced.might_contain(USER, f"new-{number}") for number in range(1000))
        assert doubted < 20, place


def test_none_is_mixed_up_with_its_neighbour() -> None:
    ours, theirs = holding(FULL), holding([f"withdrawal:{key}" for key in FULL])

    sliced = SlicedFilters().with_more([ours, theirs] * 4)

    assert sum(sliced.might_contain(USER, f"new-{number}") for number in range(1000)) < 20


def test_those_that_others_join_stay_as_they_were() -> None:
    before = SlicedFilters().with_more([holding(["a"])] * 9)

    after = before.with_more([holding(["b"])])

    assert (len(before), len(after)) == (9, 10)
    assert not before.might_contain(USER, "b")
    assert after.might_contain(USER, "b")
