"""Transactions and statements say where money went, why, and under which key."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId

from tests.mutants import Mutant, lists
from tests.support.commands import recorder
from tests.support.people import Person, someone
from wallet_api.ledger import history
from wallet_api.movements import Order, post, relay
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.movements.wallets import read_wallet
from wallet_api.withdrawals import reversal

DETAILS = ("destination", "reason", "idempotencyKey")


@pytest.fixture
def rich(alice: Person) -> Person:
    assert alice.deposits(1000, "salary").status_code == 200
    return alice


def refund(person: Person, withdrawal: str, reason: str) -> None:
    copy_outbox(person.id)
    reversal.reverse(withdrawal, reason)


def transactions(person: Person) -> list[dict[str, Any]]:
    """Oldest first."""
    return list(reversed(person.get("/wallets/transactions").get_json()["data"]))


def entries(person: Person) -> list[dict[str, Any]]:
    return person.get("/wallets/statement").get_json()["entries"]


def lines(person: Person) -> list[dict[str, str]]:
    """The lines of the CSV between opening and closing balance."""
    raw = person.get("/wallets/statement", Accept="text/csv").get_data(as_text=True)
    _, *between, _ = csv.DictReader(io.StringIO(raw, newline=""))
    return between


def details(entry: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(entry.get(name) or None for name in DETAILS)


@pytest.mark.parametrize("read", [transactions, entries, lines])
def test_each_entry_says_where_its_money_went_and_why_and_its_key(rich: Person, read: Any) -> None:
    rich.deposits(5)
    kept = rich.withdraws(10, "rent-11", destination="landlord")
    returned = rich.withdraws(20, destination="closed account").get_json()
    refund(rich, returned["id"], "account closed")
    post(Order(rich.id, "adjustment", 100, "INR", "secret", reason="goodwill"))

    told = [details(entry) for entry in read(rich)]

    assert kept.status_code == 201
    assert told == [
        (None, None, "salary"),
        (None, None, None),
        ("landlord", None, "rent-11"),
        ("closed account", None, None),
        ("closed account", "account closed", None),
        (None, "goodwill", None),
    ]


def test_a_key_is_shown_as_it_was_sent(rich: Person) -> None:
    rich.deposits(1, '"deposit:a, b"')
    rich.withdraws(1, "withdrawal:x")

    assert [each["idempotencyKey"] for each in transactions(rich)] == [
        "salary",
        "deposit:a, b",
        "withdrawal:x",
    ]


def test_what_has_no_value_is_not_there(rich: Person) -> None:
    (deposit,) = transactions(rich)

    assert deposit.keys() & {"destination", "reason", "withdrawalId"} == set()


FORMULAS = {
    "equals": ("=1+1", "'=1+1"),
    "plus": ("+91 20 1234", "'+91 20 1234"),
    "minus": ("-2+3", "'-2+3"),
    "at": ("@SUM(A1)", "'@SUM(A1)"),
    "a command": ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    "a full-width sign": ("\uff1d1+1", "'\uff1d1+1"),
    "behind a semicolon": ("rent;=1+1", "rent;'=1+1"),
    "behind a semicolon and a space": ("rent; @A1", "rent; '@A1"),
    "none inside": ("a=b+c-d@e", "a=b+c-d@e"),
    "none behind a comma": ('say "x", -1', 'say "x", -1'),
}


@pytest.mark.parametrize(("written", "shown"), FORMULAS.values(), ids=FORMULAS)
def test_a_destination_that_looks_like_a_formula_is_text_in_the_csv(
    rich: Person, written: str, shown: str
) -> None:
    rich.withdraws(1, destination=written)

    assert lines(rich)[-1]["destination"] == shown
    assert entries(rich)[-1]["destination"] == transactions(rich)[-1]["destination"] == written


@pytest.mark.parametrize("reason", ["=1+1", "\t=1+1", "\r\n=1+1", "@A1\n+1"])
def test_a_reason_that_looks_like_a_formula_is_text_in_the_csv(rich: Person, reason: str) -> None:
    refund(rich, rich.withdraws(1).get_json()["id"], reason)

    shown = lines(rich)[-1]["reason"]

    assert shown.replace("'", "") == reason
    for part in shown.replace("\r", "\n").replace("\t", "\n").split("\n"):
        assert not part.startswith(("=", "+", "-", "@"))


def test_a_key_that_looks_like_a_formula_is_text_in_the_csv(rich: Person) -> None:
    rich.deposits(1, "=A1")
    rich.withdraws(1, "-1")

    assert [line["idempotencyKey"] for line in lines(rich)[-2:]] == ["'=A1", "'-1"]


def test_a_number_stays_a_number_in_the_csv(rich: Person) -> None:
    rich.withdraws(30)

    assert (lines(rich)[-1]["amount"], lines(rich)[-1]["amountCents"]) == ("-30.00", "-3000")


def test_the_csv_is_quoted_as_rfc_4180_says(rich: Person) -> None:
    rich.withdraws(1, "k", destination='a "b", c')

    raw = rich.get("/wallets/statement", Accept="text/csv").get_data(as_text=True)

    assert raw.split("\r\n")[3].endswith(',INR,"a ""b"", c",,k,')
    assert raw.endswith("\r\n")


def as_older_code_wrote_them(db: Any) -> None:
    """Before entries were signed, a withdrawal's record alone said where its money went."""
    signed = ("destination", "withdrawalKey", "digestVersion")
    db.ledger_entries.update_many({}, {"$unset": dict.fromkeys(signed, 1)})


everything = pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/wallets/transactions?limit=100", "application/json"),
        ("/wallets/statement?to=2100-01-01", "application/json"),
        ("/wallets/statement?to=2100-01-01", "text/csv"),
    ],
)


@everything
def test_entries_of_older_code_are_shown_to_the_byte_as_signed_ones(
    rich: Person, db: Any, path: str, form: str
) -> None:
    bob = someone(rich.client, "bob@example.com")
    rich.withdraws(1, '"withdrawal:a, b"', destination="=landlord \u00e9")
    rich.withdraws(2)
    rich.withdraws(10**6, "refused")
    rich.withdraws(3, "to-bob", destination=f"wallet:{bob.id}")
    refund(rich, rich.withdraws(4, "returned").get_json()["id"], "account closed")
    post(Order(rich.id, "adjustment", -1, "INR", "secret", reason="a fee"))
    copy_outbox(rich.id)
    signed = [each.get(path, Accept=form).data for each in (rich, bob)]

    as_older_code_wrote_them(db)

    assert [each.get(path, Accept=form).data for each in (rich, bob)] == signed
    assert (b"to-bob" in signed[0], b"transfer_in" in signed[1]) == (True, True)


@pytest.mark.parametrize("read", [transactions, entries, lines])
@pytest.mark.parametrize(
    ("member", "value"),
    [("withdrawalKey", 7), ("withdrawalKey", b"\xff"), ("destination", 7), ("destination", None)],
)
def test_where_an_entry_is_damaged_its_record_says_where_the_money_went(
    rich: Person, db: Any, read: Any, member: str, value: object
) -> None:
    rich.withdraws(1, "k", destination="landlord")
    copy_outbox(rich.id)
    db.ledger_entries.update_one({"sequence": 2}, {"$set": {member: value}})

    assert details(read(rich)[-1]) == ("landlord", None, "k")


@pytest.mark.parametrize("read", [transactions, entries, lines])
@pytest.mark.parametrize("value", [ObjectId(), "x", 7])
def test_an_entry_that_names_no_withdrawal_of_its_own_says_nothing_of_one(
    rich: Person, db: Any, read: Any, value: object
) -> None:
    rich.withdraws(1, "k", destination="landlord")
    copy_outbox(rich.id)
    db.ledger_entries.update_one({"sequence": 2}, {"$set": {"withdrawal": value}})

    assert details(read(rich)[-1]) == (None, None, None)


@pytest.mark.in_process("the commands of the test's own process are recorded")
@pytest.mark.parametrize("path", ["/wallets/transactions?limit=100", "/wallets/statement"])
def test_any_number_of_withdrawals_costs_no_round_trip(rich: Person, db: Any, path: str) -> None:
    for number in range(60):
        rich.withdraws(1, f"k{number}")
    copy_outbox(rich.id)

    with recorder.recording() as commands:
        told = rich.get(path).get_data(as_text=True)

    assert [command["find"] for command in commands] == ["wallets", "ledger_entries"]
    assert told.count('"destination"') == 60


@pytest.mark.in_process("the commands of the test's own process are recorded")
@pytest.mark.parametrize("path", ["/wallets/transactions?limit=100", "/wallets/statement"])
def test_any_number_of_withdrawals_of_older_code_costs_one_round_trip(
    rich: Person, db: Any, path: str
) -> None:
    for number in range(60):
        rich.withdraws(1, f"k{number}")
    copy_outbox(rich.id)
    as_older_code_wrote_them(db)

    with recorder.recording() as commands:
        told = rich.get(path).get_data(as_text=True)

    asked = [command["find"] for command in commands]
    assert asked == ["wallets", "ledger_entries", "withdrawals"]
    assert told.count('"destination"') == 60


@pytest.mark.in_process("the batches are made small in the process of the test")
@pytest.mark.parametrize("period", ["", "?to=2100-01-01"])
def test_a_statement_of_many_batches_is_whole_and_in_order(
    rich: Person, monkeypatch: pytest.MonkeyPatch, period: str
) -> None:
    for number in range(25):
        rich.withdraws(1, f"k{number}")
    copy_outbox(rich.id)
    monkeypatch.setattr("wallet_api.ledger.transactions.BATCH", 10)

    with recorder.recording() as commands:
        told = rich.get(f"/wallets/statement{period}").get_json()

    assert told["closingBalanceCents"] == 100_000 - 25 * 100
    told = told["entries"]
    assert [each["idempotencyKey"] for each in told] == ["salary", *(f"k{n}" for n in range(25))]
    assert [each["sequence"] for each in told] == list(range(1, 27))
    assert [command["find"] for command in commands].count("ledger_entries") == 3 + 1


@pytest.mark.in_process("the batches are made small in the process of the test")
def test_a_statement_that_ends_too_early_is_seen(
    rich: Person, monkeypatch: pytest.MonkeyPatch, mutate: Callable[[Mutant], None]
) -> None:
    for _ in range(5):
        rich.deposits(1)
    monkeypatch.setattr("wallet_api.ledger.transactions.BATCH", 2)
    mutate(lists.a_statement_ends_with_its_first_batch)

    assert [each["sequence"] for each in entries(rich)] == [1, 2]


@pytest.mark.in_process("the copying is interrupted in the process of the test")
def test_an_entry_whose_record_is_not_copied_yet_waits_for_it(
    rich: Person, monkeypatch: pytest.MonkeyPatch, db: Any
) -> None:
    """Another process is between its two inserts, and began after this request had settled."""
    rich.withdraws(1, "k", destination="landlord")
    with monkeypatch.context() as interrupted:
        interrupted.setattr(relay.copy, "truncate", lambda *_: None)
        copy_outbox(rich.id)
    as_older_code_wrote_them(db)
    db.withdrawals.delete_many({})
    monkeypatch.setattr(history, "settled", read_wallet)

    told = transactions(rich)[-1]

    assert details(told) == ("landlord", None, "k")
