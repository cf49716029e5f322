"""What is found is what the gateway's own books tell of the money: no more, and no less."""

import time
from itertools import cycle

import pytest
from werkzeug.test import TestResponse

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling
from tests.support.people import Person

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

BEHAVIOURS = (
    *("settles", "settles_later", "declines", "declines_later", "cancelled_there"),
    *("returns_later", "returns_twice", "returned_then_declined"),
    *("declined_then_settled", "declined_then_returned"),
    *("unpaid_500", "pays_then_500", "answers_html", "accepts_and_loses_it"),
    *("names_another_currency", "names_100_times_the_amount", "two_found"),
)
ENDED = ("success", "failed")


def paid_there(paying: Paying, created: TestResponse) -> int:
    """By what has left and come back, whatever the gateway says of it."""
    return sum(paying.paid(created))


def paid_here(paying: Paying, ada: Person, created: TestResponse) -> int | None:
    """None: it is open."""
    shown = paying.shown(ada, created)
    if shown["status"] not in ENDED:
        return None
    amount: int = shown["amountCents"]
    return amount if shown["status"] == "success" else 0


@pytest.mark.parametrize("source", ["file", "list"])
def test_the_differences_are_those_of_the_money(
    reconciling: Reconciling, paying: Paying, source: str
) -> None:
    ada = paying.person(1000)
    created = [
        ada.withdraws(3 + number, destination="acct-1") for number in range(2 * len(BEHAVIOURS))
    ]
    for each, behaviour in zip(created, cycle(BEHAVIOURS), strict=False):
        paying.behaves(each, behaviour)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        paying.run()
        time.sleep(0.05)

    if source == "file":
        period = ("--from", reconciling.began, "--to", "2100-01-01")
        ended = reconciling.run(reconciling.statement(*created), *period)
    else:
        ended = reconciling.run("--gateway", "--from", reconciling.began)

    wanted = {
        paying.reference(each)
        for each in created
        if paid_here(paying, ada, each) not in (None, paid_there(paying, each))
    }
    assert len(wanted) >= 6
    assert {difference["reference"] for difference in ended.report["differences"]} == wanted
    assert ended.report["totals"]["INR"]["lostCents"] == sum(
        max(0, paid_there(paying, each) - (paid_here(paying, ada, each) or 0))
        for each in created
        if paying.reference(each) in wanted
    )
