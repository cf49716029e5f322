"""A reconciliation that is broken on purpose turns a test red that is green without it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.mutants import Mutant
from tests.mutants import reconciling as mutants
from tests.payouts.paying import Paying
from tests.payouts.reconciliation import (
    test_any_order,
    test_findings,
    test_matching,
    test_output,
    test_period,
    test_refused_files,
)
from tests.payouts.reconciliation.reconciling import Reconciling

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

SEEN_BY: dict[Mutant, Callable[..., None]] = {
    mutants.an_equal_amount_is_a_name: (
        test_matching.test_an_equal_amount_at_an_equal_time_is_no_name
    ),
    mutants.a_trace_goes_before_the_gateways_reference: (
        test_matching.test_the_gateways_reference_goes_before_the_trace
    ),
    mutants.a_trace_is_the_firsts_who_has_it: (
        test_matching.test_a_trace_that_two_withdrawals_have_is_no_name
    ),
    mutants.a_second_payout_is_ignored: test_findings.test_what_was_paid_twice_there_is_a_loss,
    mutants.the_first_line_is_the_latest: test_any_order.test_any_permutation_gives_the_same_report,
    mutants.refunded_and_paid_is_a_match: (
        test_findings.test_what_was_refunded_here_and_paid_there_is_a_loss
    ),
    mutants.returned_and_not_refunded_is_a_match: (
        test_findings.test_what_came_back_and_was_told_to_nobody_is_not_refunded
    ),
    mutants.what_the_list_lacks_is_not_looked_for: (
        test_findings.test_a_success_that_the_list_lacks_is_missing_there
    ),
    mutants.any_reference_of_ours_will_do: (
        test_findings.test_a_reference_under_which_it_was_never_sent_is_missing_here
    ),
    mutants.the_edges_of_the_period_are_sharp: (
        test_period.test_a_success_that_we_heard_of_after_the_period_is_at_its_edge
    ),
    mutants.a_list_is_never_too_old: (
        test_period.test_a_return_that_is_newer_than_the_list_is_no_loss
    ),
    mutants.commas_are_taken_for_thousands: (
        test_refused_files.test_a_doubtful_cell_is_named_by_line_and_column
    ),
    mutants.formulas_are_taken: test_refused_files.test_a_doubtful_cell_is_named_by_line_and_column,
    mutants.formulas_are_written: test_output.test_no_spreadsheet_runs_what_a_gateway_tells,
}

CELLS: dict[Mutant, dict[str, str]] = {
    mutants.commas_are_taken_for_thousands: {"column": "amount", "cell": '"1,000.00"'},
    mutants.formulas_are_taken: {"column": "reference", "cell": "=1+1"},
}


@pytest.mark.parametrize("mutant", SEEN_BY, ids=lambda mutant: mutant.__name__)
def test_a_mutant_is_seen(
    reconciling: Reconciling,
    paying: Paying,
    tmp_path: Path,
    mutate: Callable[[Mutant], None],
    mutant: Mutant,
) -> None:
    test = SEEN_BY[mutant]
    present: dict[str, Any] = {
        "reconciling": reconciling,
        "paying": paying,
        "tmp_path": tmp_path,
        **CELLS.get(mutant, {}),
    }
    wanted = test.__code__.co_varnames[: test.__code__.co_argcount]
    mutate(mutant)

    with pytest.raises(AssertionError):
        test(**{name: present[name] for name in wanted})


def test_every_mutant_is_applied() -> None:
    made = {
        member
        for name, member in vars(mutants).items()
        if getattr(member, "__module__", "") == mutants.__name__ and not name.startswith("_")
    }

    assert made == set(SEEN_BY)
