"""A long statement is sent while it is read: whoever reads it slowly keeps nothing waiting."""

from collections.abc import Iterator

import pytest
from pymongo.database import Database

from tests.support.commands import recorder
from tests.support.people import Person
from wallet_api.ledger import transactions
from wallet_api.movements.relay.copy import copy_outbox

pytestmark = pytest.mark.in_process("the batches are made small in the process of the test")

BATCH = 10
ENTRIES = 35

both_forms = pytest.mark.parametrize("form", ["application/json", "text/csv"])


@pytest.fixture
def saver(alice: Person, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(transactions, "BATCH", BATCH)
    for _ in range(ENTRIES):
        alice.deposits(1)
    copy_outbox(alice.id)
    return alice


def pieces(person: Person, form: str) -> Iterator[bytes]:
    """Of the statement, as the service makes them."""
    answer = person.get("/wallets/statement", Accept=form)
    assert answer.status_code == 200
    return iter(answer.iter_encoded())


def entries_in(piece: bytes) -> int:
    return piece.count(b"deposit")


@both_forms
def test_a_piece_holds_one_batch_of_entries_at_most(saver: Person, form: str) -> None:
    found = [entries_in(piece) for piece in pieces(saver, form)]

    assert [count for count in found if count] == [BATCH, BATCH, BATCH, ENTRIES - 3 * BATCH]


@both_forms
def test_a_batch_is_read_when_the_one_before_has_been_sent(saver: Person, form: str) -> None:
    read = []

    with recorder.recording() as commands:
        for piece in pieces(saver, form):
            if entries_in(piece):
                read.append(sum("sequence" in each.get("filter", {}) for each in commands))

    assert read == [1, 2, 3, 4]


@both_forms
def test_no_cursor_is_open_while_a_piece_waits_to_be_sent(
    saver: Person, db: Database, form: str
) -> None:
    opened = db.client.admin.command("serverStatus")["metrics"]["cursor"]["open"]["total"]

    waiting = pieces(saver, form)
    next(waiting)

    now = db.client.admin.command("serverStatus")["metrics"]["cursor"]["open"]["total"]
    assert now == opened


@both_forms
def test_what_fails_before_the_first_piece_is_an_error_like_any_other(
    saver: Person, db: Database, form: str
) -> None:
    db.ledger_entries.update_one({"sequence": 3}, {"$set": {"bookedAt": "some day"}})

    answer = saver.get("/wallets/statement", Accept=form)

    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")


def test_a_gap_in_the_ledger_ends_no_statement(saver: Person, db: Database) -> None:
    db.ledger_entries.delete_many({"sequence": {"$gt": 5, "$lt": 30}})

    told = saver.get("/wallets/statement").get_json()

    assert [entry["sequence"] for entry in told["entries"]] == [1, 2, 3, 4, 5, *range(30, 36)]


@both_forms
@pytest.mark.parametrize("value", [None, "some day", 7])
def test_an_entry_without_a_time_is_not_where_the_ledger_ends(
    saver: Person, db: Database, form: str, value: object
) -> None:
    whole = saver.get("/wallets/statement", Accept=form).data
    saver.deposits(1)
    copy_outbox(saver.id)
    db.ledger_entries.update_one({"sequence": ENTRIES + 1}, {"$set": {"bookedAt": value}})

    told = saver.get("/wallets/statement", Accept=form)

    assert (told.status_code, entries_in(told.data)) == (200, entries_in(whole))
