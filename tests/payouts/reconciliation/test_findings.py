"""Each difference between both books is found, and named by its kind."""

import pytest

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling
from tests.support.payout_simulator import a_reference, eventually
from wallet_api.config import settings

pytestmark = pytest.mark.slow

CENTURY = ("--from", "2000-01-01", "--to", "2100-01-01")


def test_what_was_paid_once_matches(reconciling: Reconciling, paying: Paying) -> None:
    ada = paying.person(100)
    created = [ada.withdraws(amount, destination="acct-1") for amount in (30, 20.5)]
    paying.run()

    ended = reconciling.run(reconciling.statement(*created))

    entries = [each for one in created for each in paying.gateway.entries(paying.reference(one))]
    assert ended.code == 0
    assert ended.report["differences"] == []
    assert (ended.report["lines"], ended.report["matched"]) == (2, 2)
    assert ended.report["totals"]["INR"] == {
        "lostCents": 0,
        "paidCents": 5050,
        "theirPaidCents": 5050,
        "feesCents": sum(entry["feeMinor"] for entry in entries),
    }


def test_what_was_declined_and_refunded_matches(reconciling: Reconciling, paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "declines")
    paying.run()

    ended = reconciling.run(reconciling.statement(created))

    assert (ended.code, ended.report["matched"]) == (0, 1)
    assert ended.report["totals"]["INR"]["theirPaidCents"] == 0


def test_what_was_refunded_here_and_paid_there_is_a_loss(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "declined_then_settled")
    paying.run()
    reconciling.until(created, "settled")

    ended = reconciling.run(reconciling.statement(created))

    assert ada.balance() == 10000
    assert ended.code == 1
    assert ended.only["kind"] == "paid_after_refund"
    assert ended.only["withdrawalId"] == created.get_json()["id"]
    assert (ended.only["isLoss"], ended.only["lossCents"]) == (True, 3000)
    assert (ended.only["status"], ended.only["theirStatus"]) == ("failed", "settled")
    assert ended.report["totals"]["INR"]["lostCents"] == 3000


def test_what_was_paid_twice_there_is_a_loss(reconciling: Reconciling, paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "forgets_its_key")
    paying.run()

    def is_paid_again() -> bool:
        paying.gateway.submit(paying.reference(created), amount=3000)
        return len(paying.paid(created)) == 2

    eventually(is_paid_again)

    ended = reconciling.run(reconciling.statement(created))

    assert ended.kinds == ["paid_twice"]
    assert (ended.only["isLoss"], ended.only["lossCents"]) == (True, 3000)
    assert ended.report["totals"]["INR"]["theirPaidCents"] == 6000


def test_what_came_back_and_was_told_to_nobody_is_not_refunded(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "returns_later")
    paying.run()
    reconciling.until(created, "returned")

    ended = reconciling.run(reconciling.statement(created))
    paying.run()

    assert ended.kinds == ["returned_not_refunded"]
    assert ended.only["isLoss"] is False
    assert paying.shown(ada, created)["status"] == "success", "it wakes nobody"
    assert ada.balance() == 7000


def test_what_was_declined_after_all_is_not_refunded(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "returned_then_declined")
    paying.run()
    reconciling.until(created, "declined")

    ended = reconciling.run(reconciling.statement(created))

    assert ended.kinds == ["declined_not_refunded"]


def test_a_payout_without_a_withdrawal_is_missing_here(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.run()
    stranger = a_reference()
    paying.gateway.submit(stranger, amount=700)

    ended = reconciling.run("--gateway", "--from", reconciling.began)

    assert ended.report["matched"] == 1, created
    assert (ended.only["kind"], ended.only["reference"]) == ("missing_here", stranger)
    assert (ended.only["isLoss"], ended.only["lossCents"]) == (True, 700)
    assert "withdrawalId" not in ended.only


def test_a_reference_under_which_it_was_never_sent_is_missing_here(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.run()
    second = f"{paying.reference(created)}a2"
    paying.gateway.submit(second, amount=3000)

    ended = reconciling.run("--gateway", "--from", reconciling.began)

    assert (ended.only["kind"], ended.only["reference"]) == ("missing_here", second)
    assert created.get_json()["id"] in ended.only["detail"]


def test_a_withdrawal_that_no_gateway_pays_stands_against_nothing(
    reconciling: Reconciling, paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = paying.person(100)
    monkeypatch.setenv("PAYOUT_GATEWAY", "none")
    settings.cache_clear()
    created = ada.withdraws(30, destination="acct-1")
    paying.run()
    paying.gateway.submit(paying.reference(created), amount=3000)

    ended = reconciling.run(reconciling.statement(created), "--gateway", "http", *CENTURY)

    assert ended.kinds == ["missing_here"]
    assert "is not paid by http" in ended.only["detail"]


def test_a_success_that_the_list_lacks_is_missing_there(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = [ada.withdraws(amount, destination="acct-1") for amount in (30, 20)]
    paying.run()
    rows = reconciling.rows(*created)

    ended = reconciling.run(reconciling.file(rows[1:]), *CENTURY)

    assert (ended.only["kind"], ended.only["reference"]) == ("missing_there", rows[0]["reference"])
    assert ended.only["amountCents"] == round(float(rows[0]["amount"]) * 100)


@pytest.mark.parametrize(
    ("changes", "kind", "loss_cents"),
    [
        ({"amount": "30.01"}, "amount_differs", 1),
        ({"amount": "29.99"}, "amount_differs", None),
        ({"currency": "USD"}, "currency_differs", None),
        ({"status": "accepted"}, "status_differs", None),
    ],
)
def test_what_the_list_tells_otherwise_is_found(
    reconciling: Reconciling,
    paying: Paying,
    changes: dict[str, str],
    kind: str,
    loss_cents: int | None,
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    later = ada.withdraws(20, destination="acct-1")
    paying.run()
    (row,), (last,) = reconciling.rows(created), reconciling.rows(later)
    last["time"] = "2099-12-31T00:00:00Z"

    ended = reconciling.run(reconciling.file([row | changes, last]))

    assert ended.kinds == [kind]
    assert ended.only.get("lossCents") == loss_cents
    assert ended.only["isLoss"] is (loss_cents is not None)


def test_what_is_paid_there_and_open_here_for_too_long_differs(
    reconciling: Reconciling, paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "settles_later", "inquiry_always_500")
    paying.run()
    reconciling.until(created, "settled")
    statement = reconciling.statement(created)

    young = reconciling.run(statement)
    monkeypatch.setenv("PAYOUT_REVIEW_SECONDS", "0.001")
    settings.cache_clear()
    old = reconciling.run(statement)

    assert (young.code, young.report["notes"]) == (0, {"open": 1})
    assert (old.code, old.kinds) == (1, ["status_differs"])


def test_losses_are_told_first(reconciling: Reconciling, paying: Paying) -> None:
    ada = paying.person(100)
    behaviours = ("returns_later", "declined_then_settled")
    created = [ada.withdraws(30, destination="acct-1") for _ in behaviours]
    for each, behaviour in zip(created, behaviours, strict=True):
        paying.behaves(each, behaviour)
    paying.run()
    reconciling.until(created[0], "returned")
    reconciling.until(created[1], "settled")

    ended = reconciling.told(reconciling.statement(*created))

    lines = [line for line in ended.output.splitlines() if paying.reference(created[1]) in line]
    first = next(line for line in ended.output.splitlines() if line.startswith("LOSS"))
    assert lines == [first]
    assert "paid_after_refund" in first
    assert ended.output.splitlines()[-1] == "2 differences, 1 of them a loss."
