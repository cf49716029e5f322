"""The books say what was really paid and came back, whatever was answered; they survive a kill."""

import csv
import io
import os
import signal
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.payouts.simulator.conftest import BRIEF
from tests.support.payout_simulator import (
    Http,
    RazorpayX,
    a_reference,
    eventually,
    running,
    started,
)
from wallet_api.payouts.simulator.behaviours.catalogue import BEHAVIOURS

TOO_SLOW = ("answers_1_gb", "answers_gzip_bomb", "drips", "callback_before_the_answer")
LEFT_OUT = ",".join(f"{name}=0" for name in TOO_SLOW)


def submitted_by_a_careless_client(client: Http, reference: str) -> None:
    """Again and again, whatever the answer."""
    for _ in range(2):
        try:
            client.submit(reference)
        except (HTTPException, OSError):
            continue


def net(books: dict[str, Any]) -> int:
    return sum(entry["paidMinor"] - entry["returnedMinor"] for entry in books["payouts"])


def test_the_books_add_up_with_all_behaviours_at_once() -> None:
    with running(*BRIEF, "--seed", "7", "--behaviours", f"all,{LEFT_OUT}") as address:
        for client in (Http(address), RazorpayX(address)):
            for _ in range(110):
                submitted_by_a_careless_client(client, a_reference())
        books = eventually(lambda: at_rest(Http(address)))

    seen = {name for entry in books["payouts"] for name in entry["behaviours"]}
    assert len(seen) > len(BEHAVIOURS) * 0.8
    for entry in books["payouts"]:
        assert entry["timesPaid"] in (0, 1)
        assert entry["timesReturned"] <= entry["timesPaid"]
        assert entry["paidMinor"] == entry["timesPaid"] * entry["amountMinor"]
    assert books["totals"]["INR"]["paidMinor"] - books["totals"]["INR"]["returnedMinor"] == net(
        books
    )
    assert books["paidTwice"] == []


def at_rest(http: Http) -> dict[str, Any] | None:
    """The books, once nothing is accepted any more."""
    books = http.books()
    return None if any(e["status"] == "accepted" for e in books["payouts"]) else books


def test_a_reference_that_is_paid_twice_is_named(http: Http, reference: str) -> None:
    http.behave(reference, "forgets_its_key")
    http.submit(reference)

    eventually(lambda: http.submit(reference) and reference in http.books()["paidTwice"])

    assert [entry["timesPaid"] for entry in http.entries(reference)] == [1, 1]


def test_the_statement_has_the_columns_of_a_bank() -> None:
    with running("--control") as address:
        http = Http(address)
        http.submit(rupees := a_reference(), amount=10050)
        http.submit(yen := a_reference(), amount=500, currency="JPY")
        http.behave(declined := a_reference(), "declines")
        http.submit(declined)
        books = {entry["reference"]: entry for entry in http.books()["payouts"]}

        answer = http.ask("GET", "/_books", Accept="text/csv")

    rows = {row["reference"]: row for row in csv.DictReader(io.StringIO(answer.body.decode()))}
    assert answer.headers["content-type"].startswith("text/csv")
    assert rows[rupees] == {
        "reference": rupees,
        "gatewayReference": books[rupees]["gatewayReference"],
        "amount": "100.50",
        "currency": "INR",
        "status": "settled",
        "time": books[rupees]["history"][-1]["at"],
        "fee": "0.50",
        "trace": books[rupees]["trace"],
    }
    assert Decimal(rows[yen]["amount"]) == 500
    assert (rows[declined]["status"], rows[declined]["trace"]) == ("declined", "")


def test_the_books_survive_a_kill_and_the_courses_go_on(tmp_path: Path) -> None:
    journal = str(tmp_path / "books.jsonl")
    arguments = ("--books", journal, "--delay", "0.3", "--control")
    with started(*arguments) as program:
        http = Http(program.address)
        first = http.submit(paid := a_reference()).json
        http.behave(pending := a_reference(), "settles_later")
        http.submit(pending)
        before = http.books()
        os.kill(program.pid, signal.SIGKILL)

    with running(*arguments) as address:
        http = Http(address)
        after = http.books()
        repeated = http.submit(paid).json
        eventually(lambda: http.inquire(pending).json["status"] == "settled")

        assert after["payouts"] == before["payouts"]
        assert repeated == first
        assert [entry["timesPaid"] for entry in http.entries(paid)] == [1]
        assert [entry["timesPaid"] for entry in http.entries(pending)] == [1]


def test_a_line_that_a_crash_has_cut_is_left_out(tmp_path: Path) -> None:
    journal = tmp_path / "books.jsonl"
    with running("--books", str(journal)) as address:
        Http(address).submit(reference := a_reference())
    journal.write_bytes(journal.read_bytes() + b'{"reference":"wd')

    with running("--books", str(journal)) as address:
        Http(address).submit(other := a_reference())
    with running("--books", str(journal)) as address:
        books = Http(address).books()

    assert [entry["reference"] for entry in books["payouts"]] == [reference, other]


def test_a_journal_that_is_none_is_told_by_its_line(tmp_path: Path) -> None:
    journal = tmp_path / "books.jsonl"
    journal.write_text("nonsense\n")

    try:
        with running("--books", str(journal)):
            told = ""
    except AssertionError as error:
        told = str(error)

    assert "books.jsonl, line 1" in told
    assert "Traceback" not in told
