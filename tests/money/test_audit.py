"""The audit answers whether any money is missing, to people and to programs."""

import pytest
from bson import ObjectId
from click.testing import CliRunner

from tests.money.audit_books import (
    Books,
    audited,
    deposited,
    entries,
    kept_books,
    opened,
    record_without_debit,
    refunded,
    set_wallet,
    wallets,
)
from wallet_api import database
from wallet_api.audit import reading
from wallet_api.audit.cli import audit_command
from wallet_api.documents.user import User
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.withdrawals.reversal import reverse

pytestmark = pytest.mark.usefixtures("app")

books = pytest.fixture(kept_books)


def test_healthy_books_are_clean(books: Books) -> None:
    opened(currency="USD")

    found = audited("--verify-chain")

    assert (found.exit_code, found.differences) == (0, [])
    assert found.summary == {
        "clean": True,
        "differenceCount": 0,
        "wallets": 2,
        "ledgerEntries": 6,
        "movementsNotYetCopied": 1,
        "withdrawals": 3,
        "usersWithoutWallet": 0,
        "operatorActs": 0,
        "toReviewCount": 0,
        "toReview": [],
        "totals": {
            "INR": {
                "depositsCents": 157_00,
                "withdrawalsCents": 70_00,
                "transfersOutCents": 0,
                "transfersInCents": 0,
                "transfersBackCents": 0,
                "transfersUnderWayCents": 0,
                "refundsCents": 30_00,
                "adjustmentsCents": -10_00,
                "balancesCents": 107_00,
                "heldCents": 0,
                "refundsOwedCents": 0,
                "differenceCents": 0,
            },
            "USD": {
                "depositsCents": 0,
                "withdrawalsCents": 0,
                "transfersOutCents": 0,
                "transfersInCents": 0,
                "transfersBackCents": 0,
                "transfersUnderWayCents": 0,
                "refundsCents": 0,
                "adjustmentsCents": 0,
                "balancesCents": 0,
                "heldCents": 0,
                "refundsOwedCents": 0,
                "differenceCents": 0,
            },
        },
    }


def test_an_empty_database_is_not_called_clean() -> None:
    found = CliRunner().invoke(audit_command, ["--json"])

    assert (found.exit_code, found.stdout) == (2, "")
    assert "Nothing to audit in database " in found.stderr


@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_the_books_add_up_however_far_the_copying_has_come(books: Books, rounds: int) -> None:
    for _ in range(rounds):
        copy_outbox(books.user)

    assert audited("--verify-chain").differences == []


def test_copies_whose_round_never_ended_are_no_difference(books: Books) -> None:
    before = wallets().find_one({"user": books.user})
    assert before is not None
    copy_outbox(books.user)
    wallets().replace_one({"_id": before["_id"]}, before)

    assert entries().count_documents({"_id": books.waiting}) == 1
    assert audited("--verify-chain").differences == []


def test_a_refund_whose_withdrawal_does_not_know_of_it_yet_is_no_difference(books: Books) -> None:
    refunded(books.user, 40_00, books.paid)

    assert audited().differences == []


def test_a_payout_reversed_for_the_reason_of_a_refusal_is_no_refusal(books: Books) -> None:
    reverse(str(books.paid), "insufficient_funds")

    assert audited().differences == []


def test_a_registration_that_died_halfway_is_a_note_only(books: Books) -> None:
    User._get_collection().insert_one({"_id": ObjectId(), "email": "ada@example.com"})

    found = audited()

    assert (found.exit_code, found.summary["usersWithoutWallet"]) == (0, 1)


def test_every_wallet_is_read_once_however_many_there_are(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WALLETS_AT_ONCE", 2)
    users = [ObjectId("0" * 24), ObjectId(), ObjectId(), ObjectId(), ObjectId("f" * 24)]
    for user in users:
        opened(user)
        deposited(user, 1_00)
        copy_outbox(user)
    orphans = [ObjectId("0" * 23 + "1"), ObjectId(), ObjectId("f" * 23 + "e")]
    for orphan in orphans:
        entries().insert_one(books.entry(1) | {"_id": ObjectId(), "user": orphan})

    found = audited()

    assert found.summary["wallets"] == 6
    assert [each["wallet"] for each in found.differences] == [str(orphan) for orphan in orphans]


def test_people_read_the_answer_in_the_last_line(books: Books) -> None:
    clean = CliRunner().invoke(audit_command, [])
    set_wallet(books, balanceCents=207_00)
    damaged = CliRunner().invoke(audit_command, [])

    assert (clean.exit_code, damaged.exit_code) == (0, 1)
    assert clean.stdout.splitlines()[-1] == "Every cent adds up."
    assert damaged.stdout.splitlines()[-1] == "1 difference."
    assert f"balance: wallet {books.user}, INR 100.00" in damaged.stdout
    assert (clean.stderr, damaged.stderr) == ("", "")


def test_a_long_list_is_cut_for_people_and_whole_for_programs(books: Books) -> None:
    for _ in range(120):
        record_without_debit(books, "success")

    text = CliRunner().invoke(audit_command, []).stdout

    assert text.count("debit_missing") == 100
    assert "... and 20 more" in text
    assert text.splitlines()[-1] == "120 differences."
    assert len(audited().differences) == 120


def test_a_wallet_in_ruins_does_not_fill_the_memory(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wallet_api.audit.differences.DIFFERENCES_PER_WALLET", 3)
    for _ in range(9):
        record_without_debit(books, "success")

    found = audited()

    assert [each["kind"] for each in found.differences] == ["debit_missing"] * 3 + ["more"]


def test_an_audit_that_cannot_run_is_not_a_verdict(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.disconnect()

    result = CliRunner().invoke(audit_command, ["--json"])

    assert result.exit_code == 2
    assert "no result" in result.stderr
