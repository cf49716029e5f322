"""Withdrawals of one gateway and one period are compared; what reaches beyond it is a note."""

from datetime import timedelta

import pytest
from bson import ObjectId

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.payouts import queue

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]


def later(seconds: float) -> str:
    return clock.rfc3339(clock.now() + timedelta(seconds=seconds))


def test_the_period_of_a_file_is_from_its_first_time_to_its_last(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    before = ada.withdraws(30, destination="acct-1")
    paying.run()
    created = [ada.withdraws(10, destination="acct-1") for _ in range(2)]
    paying.run()
    rows = reconciling.rows(*created)

    ended = reconciling.run(reconciling.file(rows))

    times = sorted(row["time"] for row in rows)
    assert before.status_code == 201
    assert ended.code == 0, "the one of before is not compared"
    assert ended.report["withdrawals"] == 2
    assert ended.report["from"] == times[0]
    assert ended.report["to"] > times[1]


def test_a_success_that_we_heard_of_after_the_period_is_at_its_edge(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    first = ada.withdraws(30, destination="acct-1")
    paying.run()
    created = ada.withdraws(20, destination="acct-1")
    end = later(0.05)
    paying.behaves(created, "settles_later")
    paying.until_it_ends(ada, created)
    statement = reconciling.statement(first)

    edge = reconciling.run(statement, "--from", reconciling.began, "--to", end)
    whole = reconciling.run(statement, "--from", reconciling.began, "--to", later(1))

    assert (edge.code, edge.report["notes"]) == (0, {"at_the_edge": 1})
    assert (whole.code, whole.kinds) == (1, ["missing_there"])


def test_a_success_that_was_sent_before_the_period_is_compared_where_it_is_told(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(20, destination="acct-1")
    paying.behaves(created, "declined_then_settled")
    paying.run()
    reconciling.until(created, "settled")
    (row,) = reconciling.rows(created)

    ended = reconciling.run(reconciling.file([row]), "--from", row["time"], "--to", later(1))

    assert ended.kinds == ["paid_after_refund"]


def test_lines_about_withdrawals_of_another_period_are_counted(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(20, destination="acct-1")
    paying.behaves(created, "declined_then_settled")
    paying.run()
    reconciling.until(created, "settled")

    ended = reconciling.run(
        reconciling.statement(created), "--from", "2020-01-01", "--to", "2020-01-02"
    )

    assert (ended.code, ended.report["notes"]) == (0, {"outside": 1})
    assert ended.report["withdrawals"] == 0


def test_an_open_one_that_the_list_lacks_is_a_note_while_it_is_young(
    reconciling: Reconciling, paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(20, destination="acct-1")
    paying.behaves(created, "unpaid_500", "inquiry_always_500")
    paying.run()
    assert paying.shown(ada, created)["status"] == "processing"

    young = reconciling.run("--gateway", "--from", reconciling.began)
    monkeypatch.setenv("PAYOUT_REVIEW_SECONDS", "0.001")
    settings.cache_clear()
    old = reconciling.run("--gateway", "--from", reconciling.began)

    assert (young.code, young.report["notes"]) == (0, {"open": 1})
    assert (old.code, old.kinds) == (1, ["missing_there"])


def test_what_was_never_sent_is_not_expected(reconciling: Reconciling, paying: Paying) -> None:
    ada = paying.person(100)
    cancelled = ada.withdraws(20, destination="acct-1")
    ada.withdraws(10, destination="acct-1")
    ada.post(f"/withdrawals/{cancelled.get_json()['id']}/cancel", None)

    ended = reconciling.run("--gateway", "--from", reconciling.began)

    assert ended.code == 0
    assert set(ended.report["notes"]) == {"not_expected"}


def test_an_end_that_is_newer_than_the_list_is_a_note(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(20, destination="acct-1")
    paying.behaves(created, "settles_later")
    paying.until_it_ends(ada, created)
    (row,) = reconciling.rows(created)
    (entry,) = paying.gateway.entries(row["reference"])
    before = {"status": "accepted", "time": entry["history"][0]["at"]}

    ended = reconciling.run(reconciling.file([row | before]))

    assert (ended.code, ended.report["notes"]) == (0, {"ended_since": 1})


def test_a_return_that_is_newer_than_the_list_is_no_loss(
    reconciling: Reconciling, paying: Paying
) -> None:
    ada = paying.person(100)
    created = ada.withdraws(20, destination="acct-1")
    paying.behaves(created, "returns_later")
    paying.run()
    reconciling.until(created, "returned")
    queue.wake(ObjectId(created.get_json()["id"]), "http", clock.now())
    paying.run()
    (row,) = reconciling.rows(created)
    (entry,) = paying.gateway.entries(row["reference"])
    paid = {"status": "settled", "time": entry["history"][0]["at"]}

    old = reconciling.run(reconciling.file([row | paid], "of_before.csv"))
    new = reconciling.run(reconciling.file([row]))

    assert ada.balance() == 10000
    assert (old.code, old.report["notes"]) == (0, {"ended_since": 1})
    assert (new.code, new.report["matched"]) == (0, 1)


def test_a_file_without_lines_needs_a_period(reconciling: Reconciling, paying: Paying) -> None:
    ada = paying.person(100)
    ada.withdraws(20, destination="acct-1")
    paying.run()
    empty = reconciling.text("reference,amount,currency,status,time\n")

    without = reconciling.run(empty)
    ended = reconciling.run(empty, "--from", reconciling.began, "--to", later(1))

    assert without.code == 2
    assert "name the period with --from and --to" in without.errors
    assert ended.kinds == ["missing_there"]
