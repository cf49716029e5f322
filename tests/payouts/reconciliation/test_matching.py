"""A line belongs to a withdrawal by its names alone: reference, gateway reference, trace."""

import pytest

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling, Row
from wallet_api.documents.withdrawal import Withdrawal

pytestmark = pytest.mark.slow


def two_paid(reconciling: Reconciling, paying: Paying) -> tuple[Row, Row]:
    """Of one person, at one time, of one amount, to one account."""
    ada = paying.person(100)
    created = [ada.withdraws(30, destination="acct-1") for _ in range(2)]
    paying.run()
    one, other = reconciling.rows(*created)
    return one, other


@pytest.mark.parametrize("reference", ["", "INV-7", "WD6B06ECF5486F1784C8210682"])
def test_without_our_reference_a_line_belongs_by_the_gateways(
    reconciling: Reconciling, paying: Paying, reference: str
) -> None:
    one, other = two_paid(reconciling, paying)
    rows = [row | {"reference": reference, "trace": ""} for row in (one, other)]

    ended = reconciling.run(reconciling.file(rows))

    assert (ended.code, ended.report["matched"]) == (0, 2)


def test_without_both_references_a_line_belongs_by_its_trace(
    reconciling: Reconciling, paying: Paying
) -> None:
    one, other = two_paid(reconciling, paying)
    rows = [row | {"reference": "", "gatewayReference": ""} for row in (one, other)]

    ended = reconciling.run(reconciling.file(rows))

    assert (ended.code, ended.report["matched"]) == (0, 2)


def test_the_gateways_reference_goes_before_the_trace(
    reconciling: Reconciling, paying: Paying
) -> None:
    one, other = two_paid(reconciling, paying)
    rows = [one | {"reference": "", "trace": other["trace"], "amount": "31.00"}, other]

    ended = reconciling.run(reconciling.file(rows))

    assert ended.kinds == ["amount_differs"]
    assert ended.only["withdrawalId"] == one["reference"].removeprefix("wd")


def test_our_reference_goes_before_all_else(reconciling: Reconciling, paying: Paying) -> None:
    one, other = two_paid(reconciling, paying)
    others = {name: other[name] for name in ("gatewayReference", "trace")}

    ended = reconciling.run(reconciling.file([one | others | {"amount": "31.00"}, other]))

    assert ended.kinds == ["amount_differs"]
    assert ended.only["withdrawalId"] == one["reference"].removeprefix("wd")


def test_an_equal_amount_at_an_equal_time_is_no_name(
    reconciling: Reconciling, paying: Paying
) -> None:
    one, other = two_paid(reconciling, paying)
    nameless = {"reference": "", "gatewayReference": "", "trace": "another"}

    ended = reconciling.run(
        reconciling.file([one, other | nameless]), "--from", reconciling.began, "--to", "2100-01-01"
    )

    assert sorted(ended.kinds) == ["missing_here", "missing_there"]


def test_a_trace_that_two_withdrawals_have_is_no_name(
    reconciling: Reconciling, paying: Paying
) -> None:
    """Banks pay in batches."""
    one, other = two_paid(reconciling, paying)
    Withdrawal._get_collection().update_many({}, {"$set": {"trace": "BATCH"}})
    line = one | {"reference": "", "gatewayReference": "", "trace": "BATCH"}

    ended = reconciling.run(reconciling.file([line, other]))

    assert ended.kinds == ["missing_here"]


def test_lines_of_one_payout_are_its_course(reconciling: Reconciling, paying: Paying) -> None:
    one, other = two_paid(reconciling, paying)
    before = one | {"status": "accepted", "time": "2020-01-01T00:00:00Z"}

    ended = reconciling.run(reconciling.file([one, before, one, other]))

    assert (ended.code, ended.report["matched"]) == (0, 2)
    assert ended.report["notes"] == {"repeated": 2}
    assert ended.report["totals"]["INR"]["theirPaidCents"] == 6000


def test_lines_without_a_gateway_reference_are_a_payout_each(
    reconciling: Reconciling, paying: Paying
) -> None:
    one, other = two_paid(reconciling, paying)
    line = one | {"gatewayReference": ""}

    ended = reconciling.run(reconciling.file([line, line, other]))

    assert ended.kinds == ["paid_twice"]


def test_two_tales_of_one_payout_at_one_time_are_told(
    reconciling: Reconciling, paying: Paying
) -> None:
    one, other = two_paid(reconciling, paying)

    ended = reconciling.run(reconciling.file([one, other, one | {"status": "returned"}]))

    assert ended.kinds == ["contradicted"]
