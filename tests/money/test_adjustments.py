"""An operator puts a balance right: once for a key, never below zero, in an entry that says why."""

from typing import Any

import pytest
from bson import ObjectId
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from tests.money.audit_books import audited
from tests.money.payout_books import PayoutBooks, lost, payout_books
from tests.support.books import assert_books_balance, balance_of, entries_of
from tests.support.people import someone
from wallet_api.documents.operator_act import OperatorAct
from wallet_api.documents.withdrawal import Withdrawal

pytestmark = pytest.mark.in_process("runs commands in its process")

EMAIL = "ada@example.com"


@pytest.fixture
def adjust(app: Flask) -> Any:
    def run(who: str, amount: str, *options: str, reason: str = "a fee by mistake") -> Result:
        args = ["wallets", "adjust", who, "--amount", amount, "--reason", reason, *options]
        return app.test_cli_runner().invoke(args=args)

    return run


@pytest.fixture
def ada(client: FlaskClient) -> ObjectId:
    person = someone(client, EMAIL)
    assert person.deposits(70.25).status_code == 200
    return person.id


def test_an_adjustment_is_an_entry_of_its_own(adjust: Any, ada: ObjectId) -> None:
    done = adjust(EMAIL, "-12.50", "--key", "ticket-7")

    entry = entries_of(ada)[-1]
    assert done.output == (
        f"Adjusted by INR -12.50 to INR 57.75 (ledger entry {entry['_id']}, key ticket-7)\n"
    )
    assert (entry["type"], entry["amountCents"]) == ("adjustment", -12_50)
    assert entry["reason"] == "a fee by mistake"
    found = audited("--verify-chain")
    assert found.differences == []
    assert found.summary["totals"]["INR"]["adjustmentsCents"] == -12_50
    act = OperatorAct._get_collection().find_one({})
    assert (act["command"], act["subject"]) == ("wallets adjust", str(ada))
    assert act["details"] == {"amount": "-12.50", "key": "ticket-7"}


def test_the_same_key_moves_once(adjust: Any, ada: ObjectId) -> None:
    adjust(EMAIL, "12.50", "--key", "ticket-7")

    again = adjust(str(ada), "12.50", "--key", "ticket-7")

    assert again.exit_code == 0
    assert again.output.startswith(
        "Nothing was moved: the key ticket-7 had adjusted by INR 12.50 to INR 82.75 before"
    )
    assert balance_of(ada) == 82_75


@pytest.mark.parametrize("other", ["-12.50", "12.51"])
def test_a_key_that_moved_another_amount_is_refused(adjust: Any, ada: ObjectId, other: str) -> None:
    adjust(EMAIL, "12.50", "--key", "ticket-7")

    refused = adjust(EMAIL, other, "--key", "ticket-7")

    assert refused.exit_code == 1
    assert balance_of(ada) == 82_75


def test_a_balance_is_never_taken_below_zero(adjust: Any, ada: ObjectId) -> None:
    refused = adjust(EMAIL, "-70.26", "--key", "ticket-7")
    allowed = adjust(EMAIL, "-70.25", "--key", "ticket-7")

    assert refused.exit_code == 1
    assert refused.output == (
        "Error: The balance was 70.25 INR, and the request asked for 70.26 INR.\n"
    )
    assert allowed.exit_code == 0
    assert balance_of(ada) == 0
    assert_books(ada)


def assert_books(user: ObjectId) -> None:
    """What was refused is stored nowhere, and the wallet can be copied."""
    assert audited("--verify-chain").differences == []
    assert [entry["type"] for entry in entries_of(user)] == ["deposit", "adjustment"]
    assert Withdrawal._get_collection().count_documents({"user": user}) == 0


@pytest.mark.parametrize("amount", ["0", "12.505", "1e3", "1,000", "NaN", "--5", "", "٣"])
def test_what_is_no_amount_is_refused(adjust: Any, ada: ObjectId, amount: str) -> None:
    refused = adjust(EMAIL, amount)

    assert refused.exit_code in (1, 2)
    assert refused.output.startswith(("Error: /amount:", "Usage:"))
    assert balance_of(ada) == 70_25
    assert_books_balance(ada)


@pytest.mark.parametrize("who", ["nobody@example.com", "0" * 24, "yacht"])
def test_nobody_is_adjusted(adjust: Any, ada: ObjectId, who: str) -> None:
    assert adjust(who, "1").exit_code == 1


def test_without_a_reason_nothing_is_moved(adjust: Any, ada: ObjectId) -> None:
    assert adjust(EMAIL, "1", reason=" ").exit_code == 2
    assert balance_of(ada) == 70_25


def test_an_adjustment_for_a_loss_takes_it_back(adjust: Any, app: Flask) -> None:
    books: PayoutBooks = payout_books()
    lost(books.returned)

    part = adjust(str(books.user), "-6", "--withdrawal", str(books.returned))
    left = audited("--verify-chain")
    rest = adjust(str(books.user), "-10", "--withdrawal", str(books.returned))

    assert (part.exit_code, rest.exit_code) == (0, 0)
    assert left.named("paid_after_refund")["amountCents"] == 10_00
    assert audited("--verify-chain").differences == []


def test_a_loss_of_another_user_is_refused(adjust: Any, ada: ObjectId) -> None:
    assert adjust(EMAIL, "-6", "--withdrawal", "0" * 24).exit_code == 1
    assert balance_of(ada) == 70_25
