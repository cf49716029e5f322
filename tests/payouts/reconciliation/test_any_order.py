"""The order of a list says nothing: any permutation of its lines gives the same report."""

import random
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling, Row

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

BEHAVIOURS = ("settles", "declines", "returns_later", "declined_then_settled", "settles")
WORDS = ("accepted", "settled", "declined", "returned")


def lines_of(reconciling: Reconciling, paying: Paying) -> list[Row]:
    """With each kind of difference among them."""
    ada = paying.person(1000)
    created = [ada.withdraws(30, destination="acct-1") for _ in BEHAVIOURS]
    for each, behaviour in zip(created, BEHAVIOURS, strict=True):
        paying.behaves(each, behaviour)
    paying.run()
    reconciling.until(created[2], "returned")
    reconciling.until(created[3], "settled")
    rows = reconciling.rows(*created)
    one = rows[0]
    return [
        *rows[:-1],
        one | {"status": "returned"},
        one | {"gatewayReference": "g-2", "fee": "0.07"},
        one | {"gatewayReference": "", "amount": "31.00"},
        one | {"gatewayReference": "", "currency": "JPY", "amount": "30", "fee": ""},
        one | {"reference": "", "gatewayReference": "", "trace": "nobody's"},
        one | {"reference": "", "gatewayReference": "", "trace": "nobody's", "status": "declined"},
    ]


def test_any_permutation_gives_the_same_report(reconciling: Reconciling, paying: Paying) -> None:
    rows = lines_of(reconciling, paying)
    numbers = count()
    arguments = ("--from", reconciling.began, "--to", "2100-01-01")
    first = reconciling.run(reconciling.file(rows), *arguments)
    assert {"paid_after_refund", "paid_twice", "missing_here"} < set(first.kinds)

    @settings(
        max_examples=40,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
        database=None,
    )
    @given(order=st.permutations(range(len(rows))), seed=st.integers(0, 2**32))
    def permuted(order: list[int], seed: int) -> None:
        columns = list(rows[0])
        random.Random(seed).shuffle(columns)
        again = [{name: rows[place][name] for name in columns} for place in order]

        ended = reconciling.run(reconciling.file(again, f"{next(numbers)}.csv"), *arguments)

        assert ended.output == first.output

    permuted()


def test_any_choice_of_words_gives_the_same_report_in_any_order(
    reconciling: Reconciling, paying: Paying
) -> None:
    rows = lines_of(reconciling, paying)
    numbers = count()
    arguments = ("--from", reconciling.began, "--to", "2100-01-01")

    @settings(
        max_examples=30,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
        database=None,
    )
    @given(
        words=st.lists(st.sampled_from(WORDS), min_size=len(rows), max_size=len(rows)),
        names=st.lists(st.sampled_from(["", "g-1", "g-2"]), min_size=len(rows), max_size=len(rows)),
        data=st.data(),
    )
    def chosen(words: list[str], names: list[str], data: st.DataObject) -> None:
        changed = [
            row | {"status": word, "gatewayReference": name}
            for row, word, name in zip(rows, words, names, strict=True)
        ]
        permuted = data.draw(st.permutations(changed))

        one = reconciling.run(reconciling.file(changed, f"{next(numbers)}.csv"), *arguments)
        other = reconciling.run(reconciling.file(permuted, f"{next(numbers)}.csv"), *arguments)

        assert one.code in (0, 1)
        assert other.output == one.output

    chosen()
