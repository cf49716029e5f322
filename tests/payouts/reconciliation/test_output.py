"""What the command prints and writes: for people, for programs, for spreadsheets."""

import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling
from wallet_api import clock
from wallet_api.payouts.reconciliation import differences_file
from wallet_api.payouts.reconciliation.findings import Finding, Kind
from wallet_api.payouts.reconciliation.frame import Frame
from wallet_api.payouts.reconciliation.report import as_text
from wallet_api.payouts.reconciliation.summary import Summary

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

ROOT = Path(__file__).parents[3]


def a_loss(reconciling: Reconciling, paying: Paying) -> TestResponse:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "declined_then_settled")
    paying.run()
    reconciling.until(created, "settled")
    return created


def test_people_read_a_table_with_its_sums(reconciling: Reconciling, paying: Paying) -> None:
    created = a_loss(reconciling, paying)
    (row,) = reconciling.rows(created)

    ended = reconciling.told(reconciling.file([row | {"=note": "any", "memo": "-"}]))

    lines = ended.output.splitlines()
    reference = row["reference"]
    assert lines[0].startswith(f"http, {row['time']} until {row['time'][:18]}")
    assert lines[1:4] == [
        "1 lines, 1 withdrawals: 0 match",
        "note: columns that are not read: =note, memo",
        "",
    ]
    assert lines[4].split() == ["kind", "reference", "here", "there", "what"]
    assert lines[5].split() == [
        *("LOSS", "paid_after_refund", reference, "failed", "INR", "30.00"),
        *("settled", "INR", "30.00", "paid", "there,", "failed", "here"),
    ]
    assert [line.split() for line in lines[6:]] == [
        [],
        ["!", "lost", "INR", "30.00"],
        ["paid", "here", "INR", "0.00"],
        ["paid", "there", "INR", "30.00"],
        ["fees", "there", "INR", "0.15"],
        [],
        ["1", "difference,", "1", "of", "them", "a", "loss."],
    ]


def test_programs_read_one_object(reconciling: Reconciling, paying: Paying) -> None:
    created = a_loss(reconciling, paying)
    (row,) = reconciling.rows(created)

    ended = reconciling.run(reconciling.file([row | {"memo": "any"}]))

    assert ended.only == {
        "kind": "paid_after_refund",
        "isLoss": True,
        "withdrawalId": created.get_json()["id"],
        "reference": row["reference"],
        "gatewayReference": row["gatewayReference"],
        "trace": row["trace"],
        "status": "failed",
        "theirStatus": "settled",
        "amountCents": 3000,
        "currency": "INR",
        "theirAmountCents": 3000,
        "theirCurrency": "INR",
        "lossCents": 3000,
        "detail": "paid there, failed here",
    }
    assert {name: ended.report[name] for name in ("clean", "differenceCount", "lossCount")} == {
        "clean": False,
        "differenceCount": 1,
        "lossCount": 1,
    }
    assert ended.report["ignoredColumns"] == ["memo"]
    assert ended.report["kinds"] == {"paid_after_refund": 1}


def test_the_differences_are_written_as_they_are_told(
    reconciling: Reconciling, paying: Paying, tmp_path: Path
) -> None:
    statement = reconciling.statement(a_loss(reconciling, paying))
    out = tmp_path / "differences.csv"
    out.write_text("of yesterday")

    ended = reconciling.run(statement, "--differences", out)

    (written,) = csv.DictReader(out.read_text().splitlines())
    told = {name: str(value) for name, value in ended.only.items()} | {"isLoss": "true"}
    assert written == told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["differences.csv", "statement.csv"]


def test_no_spreadsheet_runs_what_a_gateway_tells(tmp_path: Path) -> None:
    finding = Finding(
        kind=Kind.MISSING_HERE,
        detail="x",
        reference="=1+1",
        gateway_reference="@SUM(A1)",
        trace="a;=cmd|' /C calc'!A0",
    )

    differences_file.write(tmp_path / "out.csv", [finding])

    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert (row["reference"], row["gatewayReference"]) == ("'=1+1", "'@SUM(A1)")
    assert row["trace"] == "a;'=cmd|' /C calc'!A0"


def test_no_terminal_obeys_what_a_gateway_tells() -> None:
    finding = Finding(kind=Kind.MISSING_HERE, detail="x", reference="wd\x1b[2J\u202e")
    now = clock.now()

    lines = list(as_text([finding], Summary(), Frame("http", now, now, now, now), ["\x1b[1m"]))

    assert all(line.isprintable() for line in lines)
    assert any(r"wd\x1b[2J\u202e" in line for line in lines)


def test_the_file_is_not_replaced_by_its_differences(
    reconciling: Reconciling, paying: Paying
) -> None:
    statement = reconciling.statement(a_loss(reconciling, paying))
    before = statement.read_bytes()

    ended = reconciling.told(statement, "--differences", statement)

    assert ended.code == 2
    assert statement.read_bytes() == before


def test_differences_that_cannot_be_written_are_no_clean_end(
    reconciling: Reconciling, paying: Paying, tmp_path: Path
) -> None:
    statement = reconciling.statement(a_loss(reconciling, paying))

    ended = reconciling.told(statement, "--differences", tmp_path / "nowhere" / "out.csv")

    assert ended.code == 2
    assert "1 of them a loss." in ended.output
    assert "The differences are not written: " in ended.errors


def test_only_a_terminal_sees_a_bar(
    reconciling: Reconciling, paying: Paying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = reconciling.statement(a_loss(reconciling, paying))
    monkeypatch.setenv("FLASK_SKIP_DOTENV", "1")
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi"), "reconcile"]
    ours, theirs = pty.openpty()

    piped = subprocess.run([*command, statement, "--json"], capture_output=True, timeout=60)
    seen = subprocess.run(
        [*command, statement, "--json"], stdout=subprocess.PIPE, stderr=theirs, timeout=60
    )

    os.close(theirs)
    bar = os.read(ours, 100_000)
    os.close(ours)
    assert (piped.returncode, piped.stderr) == (1, b"")
    assert b"Reading" in bar
    assert b"Comparing" in bar
    assert json.loads(seen.stdout) == json.loads(piped.stdout)
