"""Reconciliations that call two books equal which are not."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.mutants.kinds import Patch
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts.reconciliation import (
    csv_cells,
    csv_file,
    differences_file,
    lines,
    ours,
    payouts,
    run,
    verdicts,
)
from wallet_api.payouts.reconciliation.findings import Kind
from wallet_api.payouts.reconciliation.frame import Frame


def an_equal_amount_is_a_name(patch: Patch) -> None:
    """What has no name is given to a withdrawal of the same amount."""
    match = lines.Lines.match
    claim = "UPDATE line SET withdrawal = ? WHERE withdrawal IS NULL AND amount_cents = ?"

    def mutant(self: lines.Lines, names: Callable[[], Iterator[Any]]) -> None:
        match(self, names)
        for each in Withdrawal._get_collection().find():
            self._database.execute(claim, (each["_id"].binary, each["amountCents"]))

    patch(lines.Lines, "match", mutant)


def a_trace_goes_before_the_gateways_reference(patch: Patch) -> None:
    names = "by_gateway_reference, by_trace"
    patch(lines, "DECIDE", lines.DECIDE.replace(names, "by_trace, by_gateway_reference"))


def a_trace_is_the_firsts_who_has_it(patch: Patch) -> None:
    patch(lines, "CLAIM_BY_TRACE", lines.CLAIM_BY_TRACE.replace("x''", "by_trace"))


def a_second_payout_is_ignored(patch: Patch) -> None:
    patch(run, "payouts_of", lambda told: payouts.payouts_of(told)[:1])


def the_first_line_is_the_latest(patch: Patch) -> None:
    patch(payouts, "place_of", lambda told: told.gateway_reference or "")


def _no_finding_is(patch: Patch, kind: Kind) -> None:
    original = verdicts.of_status

    def mutant(*arguments: Any) -> Iterator[Any]:
        return (said for said in original(*arguments) if getattr(said, "kind", None) != kind)

    patch(verdicts, "of_status", mutant)


def refunded_and_paid_is_a_match(patch: Patch) -> None:
    _no_finding_is(patch, Kind.PAID_AFTER_REFUND)


def returned_and_not_refunded_is_a_match(patch: Patch) -> None:
    _no_finding_is(patch, Kind.RETURNED_NOT_REFUNDED)


def what_the_list_lacks_is_not_looked_for(patch: Patch) -> None:
    patch(ours, "made_between", lambda *_: iter(()))


def any_reference_of_ours_will_do(patch: Patch) -> None:
    patch(ours.Ours, "may_be", lambda self, reference: True)


def the_edges_of_the_period_are_sharp(patch: Patch) -> None:
    patch(Frame, "must_list", lambda self, each: True)


def a_list_is_never_too_old(patch: Patch) -> None:
    patch(Frame, "is_older_than_end_of", lambda self, each: False)


def commas_are_taken_for_thousands(patch: Patch) -> None:
    def mutant(cell: str, currency: str) -> int:
        return csv_cells.major_units(cell.replace(",", ""), currency)

    patch(csv_file, "AMOUNTS", csv_file.AMOUNTS | {"amount": mutant})


def formulas_are_taken(patch: Patch) -> None:
    patch(csv_cells, "is_formula", lambda words: False)


def formulas_are_written(patch: Patch) -> None:
    patch(differences_file, "as_text", lambda words: words)
