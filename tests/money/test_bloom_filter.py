"""The filter of used keys: it may doubt a new key, it never calls a used one new."""

import pytest
from bson import ObjectId
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pymongo.database import Database

from wallet_api.movements.used_keys import bloom_filter
from wallet_api.movements.used_keys.bloom_filter import CAPACITY, LAYER_BYTES, positions_of

USER = ObjectId("6b046aa761bd698058eff8c4")
keys = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30)


def is_absent(layers: list[bytes], key: str, user: ObjectId = USER) -> bool:
    """What the condition says of a wallet with these layers, by plain arithmetic."""
    condition = bloom_filter.absent_condition(positions_of(user, key), len(layers))
    condition.pop("seenKeys", None)
    for name, wanted in condition.items():
        layer = layers[int(name.removeprefix("seenKeys."))]
        if all(layer[p // 8] >> p % 8 & 1 for p in wanted["$bitsAnyClear"]):
            return False
    return True


@given(st.lists(keys, max_size=60))
def test_a_key_that_entered_is_never_new_again(used: list[str]) -> None:
    layers, count = bloom_filter.add(USER, [], 0, used)

    assert count == len(used)
    assert [key for key in used if is_absent(layers, key)] == []


@given(st.lists(keys, max_size=60), st.integers(0, 60))
def test_in_one_go_or_in_many_the_filter_is_the_same(used: list[str], half: int) -> None:
    at_once = bloom_filter.add(USER, [], 0, used)

    layers, count = bloom_filter.add(USER, [], 0, used[:half])
    assert bloom_filter.add(USER, layers, count, used[half:]) == at_once


def test_keys_of_full_layers_stay_used_and_hardly_a_new_one_is_doubted() -> None:
    used = [f"withdrawal:{number}" for number in range(sum(CAPACITY))]

    layers, count = bloom_filter.add(USER, [], 0, used[:-1])
    assert not bloom_filter.is_full(count)
    layers, count = bloom_filter.add(USER, layers, count, used[-1:])

    assert bloom_filter.is_full(count)
    assert [len(layer) for layer in layers] == list(LAYER_BYTES)
    assert [key for key in used if is_absent(layers, key)] == []
    doubted = sum(not is_absent(layers, f"withdrawal:new-{number}") for number in range(10_000))
    assert doubted < 20


def test_beyond_its_capacity_it_still_forgets_nothing() -> None:
    full = [bytes(size) for size in LAYER_BYTES]
    layers, count = bloom_filter.add(USER, full, sum(CAPACITY), ["a"])
    layers, count = bloom_filter.add(USER, layers, count, ["b"])

    assert not is_absent(layers, "a")
    assert not is_absent(layers, "b")
    assert len(layers) == len(LAYER_BYTES)


@given(st.lists(st.lists(keys, max_size=20), max_size=4), keys)
def test_several_filters_contain_what_each_contains(filled: list[list[str]], key: str) -> None:
    filters = [bloom_filter.add(USER, [], 0, used)[0] for used in filled]

    assert all(
        bloom_filter.might_contain(filters, positions_of(USER, old))
        for used in filled
        for old in used
    )
    assert bloom_filter.might_contain(filters, positions_of(USER, key)) is any(
        not is_absent(f, key) for f in filters
    )


def test_nobody_can_choose_keys_that_collide_in_anothers_wallet() -> None:
    layers, _ = bloom_filter.add(USER, [], 0, ["k"])

    assert not is_absent(layers, "k")
    assert is_absent(layers, "k", ObjectId("6b046aa761bd698058eff8c5"))


@pytest.mark.parametrize("many", [0, 1, CAPACITY[0], CAPACITY[0] + 1, sum(CAPACITY)])
def test_the_server_reads_the_filter_as_we_write_it(app: Flask, db: Database, many: int) -> None:
    used = [f"deposit:{number}" for number in range(many)]
    layers, count = bloom_filter.add(USER, [], 0, used)
    db.filters.insert_one({"seenKeys": layers, "seenCount": count})

    asked = [*used[:3], *used[-3:], *(f"deposit:new-{number}" for number in range(60))]
    for key in asked:
        found = db.filters.count_documents(
            bloom_filter.absent_condition(positions_of(USER, key), len(layers))
        )
        assert bool(found) is is_absent(layers, key), key
