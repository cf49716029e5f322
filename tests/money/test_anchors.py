"""An anchor outside of the database proves that nothing before it has changed or gone."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest
from bson import ObjectId
from click.testing import CliRunner, Result
from pymongo.database import Database

from tests.money.audit_books import (
    Books,
    audited,
    deposited,
    entries,
    kept_books,
    opened,
    set_members,
    set_wallet,
    wallets,
    withdrawn,
)
from wallet_api import clock, config, errors, ledger_signing
from wallet_api.audit import past, reading
from wallet_api.audit.cli import audit_command
from wallet_api.movements.relay import durable_read
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.withdrawals.reversal import reverse

pytestmark = pytest.mark.usefixtures("app")

MEMBERS = {"at", "wallets", "entries", "refusals", "digest", "previous", "version", "mac"}


@pytest.fixture
def books() -> Books:
    kept = kept_books()
    copy_outbox(kept.user)
    return kept


@pytest.fixture
def anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for anchors of this very moment."""
    monkeypatch.setattr(past, "AGE", timedelta(0))
    return tmp_path / "anchors"


def audit(*options: object) -> Result:
    return CliRunner().invoke(audit_command, list(map(str, options)))


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_anchor_is_one_small_signed_line(books: Books, anchors: Path) -> None:
    opened()

    result = audit("--anchor", anchors)

    (line,) = lines_of(anchors)
    assert result.exit_code == 0
    assert line.keys() == MEMBERS
    assert (line["wallets"], line["entries"], line["refusals"]) == (1, 7, 1)
    assert len(anchors.read_bytes()) < 400
    assert "An anchor is written" in result.stderr


def test_nothing_before_it_has_changed_while_wallets_move_on(books: Books, anchors: Path) -> None:
    audit("--anchor", anchors)
    deposited(books.user, 5_00, "later")
    reverse(str(books.paid), "returned")
    with pytest.raises(errors.InsufficientFunds):
        withdrawn(books.user, 999_00, "another yacht")
    copy_outbox(books.user)
    deposited(opened(), 1_00)

    result = audit("--since", anchors)

    assert result.exit_code == 0
    assert "anchor: nothing that was booked up to" in result.stdout
    assert len(lines_of(anchors)) == 1


def test_each_anchor_proves_the_one_before(books: Books, anchors: Path) -> None:
    for _ in range(3):
        deposited(books.user, 1_00)
        copy_outbox(books.user)
        assert audit("--anchor", anchors).exit_code == 0

    first, second, third = lines_of(anchors)
    assert [first["entries"], second["entries"], third["entries"]] == [8, 9, 10]
    assert (second["previous"], third["previous"]) == (first["mac"], second["mac"])


def test_no_anchor_is_written_of_books_that_differ(books: Books, anchors: Path) -> None:
    audit("--anchor", anchors)
    before = anchors.read_text()
    set_wallet(books, balanceCents=1)

    result = audit("--anchor", anchors)

    assert result.exit_code == 1
    assert "No anchor is written" in result.stderr
    assert anchors.read_text() == before


def test_a_database_that_is_gone_is_no_audit_of_nothing(
    books: Books, anchors: Path, db: Database
) -> None:
    audit("--anchor", anchors)
    for name in "users", "wallets", "ledger_entries", "withdrawals":
        db[name].delete_many({})

    result = audit("--since", anchors)

    assert result.exit_code == 1
    assert "by the anchor 7 entries and 1 refusals of 1 wallets" in result.stdout


def test_what_was_booked_just_now_is_not_in_an_anchor(
    books: Books, anchors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may still be joined by what is booked at the same instant."""
    monkeypatch.undo()

    audit("--anchor", anchors)

    (line,) = lines_of(anchors)
    assert clock.now() - datetime.fromisoformat(line["at"]) >= past.AGE - timedelta(seconds=1)
    assert line["entries"] == 0
    assert past.AGE > durable_read.BOOKING_WINDOW


def test_what_should_be_copied_by_now_is_waited_for(books: Books, anchors: Path) -> None:
    deposited(books.user, 5_00)
    wallets().update_one({}, {"$set": {"outbox.0.bookedAt": clock.now()}})

    found = audited("--anchor", str(anchors))

    assert found.kinds() == {"not_copied"}
    assert not anchors.exists()


BROKEN: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "a count changed": lambda lines: lines[0].update(entries=1),
    "the first line removed": lambda lines: lines.pop(0),
    "two lines swapped": lambda lines: lines.reverse(),
    "a line repeated": lambda lines: lines.append(lines[0]),
    "a line of no secret": lambda lines: lines[0].update(version=1),
    "a line without a signature": lambda lines: lines[0].pop("mac"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_was_changed_is_no_anchor(books: Books, anchors: Path, name: str) -> None:
    for _ in range(2):
        audit("--anchor", anchors)
    lines = lines_of(anchors)
    BROKEN[name](lines)
    anchors.write_text("".join(json.dumps(line) + "\n" for line in lines))

    for option in "--since", "--anchor":
        result = audit(option, anchors)

        assert (result.exit_code, result.stdout) == (2, "")
        assert "is not what an audit with this LEDGER_SECRET has written" in result.stderr


@pytest.mark.parametrize("text", ["no json\n", "[]\n", "7\n", '{"version": "x"}\n'])
def test_a_file_of_something_else_is_no_anchor(books: Books, anchors: Path, text: str) -> None:
    anchors.write_text(text)

    result = audit("--since", anchors)

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert anchors.read_text() == text


def test_an_anchor_that_is_not_there_proves_nothing(books: Books, anchors: Path) -> None:
    assert audit("--since", anchors).exit_code == 2


def test_an_anchor_of_an_older_secret_is_read_with_both(
    books: Books, anchors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit("--anchor", anchors)
    secret = config.settings().ledger_secret[0]
    monkeypatch.setenv("LEDGER_SECRET", f"{secret},a newer secret that was made a year later")
    config.settings.cache_clear()

    assert audit("--anchor", anchors).exit_code == 0

    assert [line["version"] for line in lines_of(anchors)] == [2, 3]
    assert ledger_signing.present_version() == 3


def test_a_cut_chain_shows_however_many_wallets_there_are(
    books: Books, anchors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WALLETS_AT_ONCE", 2)
    users = [opened() for _ in range(7)]
    for user in users:
        deposited(user, 1_00)
        copy_outbox(user)
    audit("--anchor", anchors)
    assert audit("--since", anchors).exit_code == 0

    victim = Books(users[4], *[ObjectId()] * 4)
    set_members(entries, victim.entry(1)["_id"], hash=bytes(32))

    assert "past_changed" in audited("--since", str(anchors)).kinds()


def test_anchors_hold_while_money_moves(anchors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a live service, but that a movement is booked at the instant when it is first read."""
    monkeypatch.setattr(durable_read, "BOOKING_WINDOW", timedelta(0))
    monkeypatch.setattr(past, "AGE", timedelta(milliseconds=50))
    users = [opened() for _ in range(5)]
    stop = Event()

    def move_money(seed: int) -> int:
        random, moved = Random(seed), 0
        while not stop.is_set():
            user = random.choice(users)
            deposited(user, random.randint(1, 1000), f"{seed}-{moved}")
            if random.random() < 0.5:
                copy_outbox(user)
            moved += 1
        return moved

    with ThreadPoolExecutor(3) as pool:
        movers = [pool.submit(move_money, seed) for seed in range(3)]
        try:
            results = [audit("--anchor", anchors) for _ in range(8)]
        finally:
            stop.set()
    moved = [mover.result() for mover in movers]

    assert min(moved) > 0
    assert not any("past_changed" in result.stdout for result in results)
    assert len(lines_of(anchors)) >= 2
    assert "past_changed" not in audit("--since", anchors).stdout
