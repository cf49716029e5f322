"""Reconciliation reads in batches, and changes nothing."""

from typing import Any

import pytest
from pymongo.database import Database

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling
from tests.support.commands import recorder
from wallet_api import schema_version
from wallet_api.payouts.reconciliation import ours

pytestmark = pytest.mark.slow

WITHDRAWALS = 25


def everything(db: Database) -> dict[str, list[Any]]:
    return {name: list(db[name].find().sort("_id", 1)) for name in db.list_collection_names()}


def commands(reconciling: Reconciling, *arguments: Any) -> list[str]:
    """About withdrawals."""
    with recorder.recording() as sent:
        assert reconciling.run(*arguments).code == 0
    names = [next(iter(each)) for each in sent]
    assert set(names) <= {"find", "getMore", "aggregate", "listIndexes"}, names
    about = ("find", "getMore")
    return [
        name
        for name, each in zip(names, sent, strict=True)
        if name in about and "withdrawals" in (each.get("find"), each.get("collection"))
    ]


def paid(paying: Paying) -> list[Any]:
    ada = paying.person(1000)
    created = [ada.withdraws(3, destination="acct-1") for _ in range(WITHDRAWALS)]
    paying.run()
    return created


def test_round_trips_are_of_batches(
    reconciling: Reconciling, paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = reconciling.rows(*paid(paying))
    by_reference = reconciling.file(rows, "by_reference.csv")
    by_trace = reconciling.file([row | {"reference": ""} for row in rows], "by_trace.csv")

    one_batch = commands(reconciling, by_reference)
    matched = commands(reconciling, by_trace)
    monkeypatch.setattr(ours, "AT_ONCE", 10)
    small = commands(reconciling, by_reference)

    assert one_batch == ["find", "find"]
    assert matched == ["find", "find", "find"]
    assert small.count("find") == 4
    assert len(small) <= 6


def test_every_read_goes_by_an_index(
    reconciling: Reconciling, paying: Paying, db: Database
) -> None:
    rows = [row | {"reference": ""} for row in reconciling.rows(*paid(paying))]

    with recorder.recording() as sent:
        reconciling.run(reconciling.file(rows))

    finds = [each for each in sent if each.get("find") == "withdrawals"]
    assert len(finds) == 3
    for find in finds:
        asked = {name: find[name] for name in ("find", "filter", "sort") if name in find}
        plan = db.command("explain", asked)["queryPlanner"]["winningPlan"]
        assert "IXSCAN" in str(plan), asked
        assert "COLLSCAN" not in str(plan), asked


def test_it_changes_nothing(reconciling: Reconciling, paying: Paying, db: Database) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "returns_later")
    paying.run()
    reconciling.until(created, "returned")
    before = everything(db)

    ended = reconciling.run(reconciling.statement(created))

    assert ended.kinds == ["returned_not_refunded"]
    assert everything(db) == before


def test_a_database_of_another_version_is_not_read(
    reconciling: Reconciling, paying: Paying
) -> None:
    statement = reconciling.statement(*paid(paying)[:1])
    schema_version.write(version=1)
    schema_version.forget()

    ended = reconciling.told(statement)

    assert (ended.code, ended.output) == (2, "")
