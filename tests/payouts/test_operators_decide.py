"""An operator decides what a gateway does not tell; the money goes back once, whoever decides."""

import json
import os
from typing import Any

import pytest
from bson import ObjectId
from click.testing import Result
from flask import Flask

from tests.money.audit_books import audited
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from tests.support.books import assert_books_balance
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.operator_act import OperatorAct
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.payouts import queue
from wallet_api.payouts.adapters import registry

pytestmark = [
    pytest.mark.slow,
    pytest.mark.in_process("runs commands in its process"),
]

WHY = ["--reason", "the bank told us by telephone"]


@pytest.fixture
def run(app: Flask) -> Any:
    def invoke(*args: str) -> Result:
        return app.test_cli_runner().invoke(args=list(args))

    return invoke


def acts() -> list[tuple[str, str, str | None]]:
    found = OperatorAct._get_collection().find({}).sort("number", 1)
    return [(act["command"], act["subject"], act.get("reason")) for act in found]


def test_a_payout_that_the_gateway_is_silent_about_is_settled_by_hand(
    paying: Paying, run: Any
) -> None:
    sent = Sent(paying, "settles_after_days")

    done = run("payouts", "settle", sent.id, *WHY)

    assert done.exit_code == 0
    assert done.output.startswith(f"{sent.id}  success ")
    found = sent.record
    assert found["status"] == "success"
    assert found["statusDetails"] == {"source": "operator", "description": WHY[1]}
    assert found["history"][-1]["reason"] == WHY[1]
    assert "dueAt" not in found
    assert acts() == [("payouts settle", sent.id, WHY[1])]
    assert audited("--verify-chain").differences == []


def test_a_payout_that_has_failed_at_the_bank_is_refunded_once(paying: Paying, run: Any) -> None:
    sent = Sent(paying, "settles_after_days")

    first = run("payouts", "fail", sent.id, *WHY)
    second = run("payouts", "fail", sent.id, "--reason", "again")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output.startswith(f"{sent.id}  failed ")
    assert second.output.startswith(f"Nothing has changed: {sent.id}  failed ")
    assert (sent.balance(), sent.refunds()) == (100_00, 1)
    shown = paying.shown(sent.person, sent.created)
    assert shown["failureReason"] == "declined"
    assert shown["statusDetails"]["description"] == WHY[1]
    assert audited("--verify-chain").differences == []


def test_a_payout_that_was_never_sent_is_given_back(paying: Paying, run: Any) -> None:
    sent = Sent(paying, runs=False)

    done = run("payouts", "fail", sent.id, *WHY)
    paying.run()

    assert done.exit_code == 0
    assert sent.record["failureReason"] == "cancelled"
    assert (sent.balance(), paying.paid(sent.created)) == (100_00, [])
    assert audited("--verify-chain").differences == []


def test_a_payout_that_came_back_is_refunded(paying: Paying, run: Any) -> None:
    sent = Sent(paying)
    assert sent.record["status"] == "success"

    run("payouts", "fail", sent.id, *WHY)

    assert sent.record["failureReason"] == "returned"
    assert "reversedAt" in sent.record
    assert (sent.balance(), sent.refunds()) == (100_00, 1)
    assert audited("--verify-chain").differences == []


def test_what_was_never_sent_is_not_settled(paying: Paying, run: Any) -> None:
    sent = Sent(paying, runs=False)

    refused = run("payouts", "settle", sent.id, *WHY)

    assert refused.exit_code == 1
    assert refused.output == ("Error: It has never been sent. `payouts fail` gives it back.\n")
    assert sent.record["status"] == "pending"
    told = OperatorAct._get_collection().find_one({"number": 2})
    assert told["details"] == {
        "act": "1",
        "refused": "It has never been sent. `payouts fail` gives it back.",
    }


def test_what_was_refunded_is_not_settled_but_a_loss(paying: Paying, run: Any) -> None:
    sent = Sent(paying, "declines")

    done = run("payouts", "settle", sent.id, *WHY)

    assert done.exit_code == 1
    assert "a loss, which the audit names" in done.output
    assert sent.record["status"] == "failed"
    assert (sent.balance(), sent.refunds()) == (100_00, 1)
    (loss,) = audited("--verify-chain").differences
    assert (loss["kind"], loss["amountCents"]) == ("paid_after_refund", 30_00)


def test_a_loss_that_is_known_before_the_refund_leaves_it_due(paying: Paying, run: Any) -> None:
    sent = Sent(paying, "declines")
    owed = {"$set": {"refund": "owed", "dueAt": clock.now()}, "$unset": {"refundedAt": ""}}
    Withdrawal._get_collection().update_one({"_id": ObjectId(sent.id)}, owed)

    run("payouts", "settle", sent.id, *WHY)

    assert "dueAt" in sent.record


@pytest.mark.parametrize("command", ["settle", "fail", "retry"])
def test_nothing_is_decided_while_a_worker_is_sending(
    paying: Paying, run: Any, command: str
) -> None:
    sent = Sent(paying, runs=False)
    chosen = settings().payouts
    assert queue.claim(registry.configured(), clock.now(), chosen.lease) != []

    refused = run("payouts", command, sent.id, *WHY)

    assert refused.exit_code == 1
    assert refused.output.startswith("Error: A worker is at it until 20")
    assert (sent.record["status"], sent.balance()) == ("processing", 70_00)


def test_a_loss_is_recorded_while_a_worker_refunds(paying: Paying, run: Any) -> None:
    """Nothing can be sent any more."""
    sent = Sent(paying, "declines")
    in_hand = {"refund": "owed", "fence": ObjectId(), "dueAt": clock.now().replace(year=2050)}
    change = {"$set": in_hand, "$unset": {"refundedAt": ""}}
    Withdrawal._get_collection().update_one({"_id": ObjectId(sent.id)}, change)

    done = run("payouts", "settle", sent.id, *WHY)

    assert (done.exit_code, sent.record["needsReview"]) == (1, "paid_after_refund")


def test_the_gateway_is_asked_now_and_its_end_decides(paying: Paying, run: Any) -> None:
    sent = Sent(paying, "settles_later")
    assert sent.record["status"] == "processing"

    def asked() -> Result:
        return run("payouts", "inquire", sent.id)

    first = asked()
    for _ in range(100):
        if sent.record["status"] == "success":
            break
        last = asked()

    assert first.output.startswith("The gateway says: accepted")
    assert "Nothing has changed: " in first.output
    assert last.output.startswith("The gateway says: settled")
    assert (sent.record["status"], paying.paid(sent.created)) == ("success", [3000])
    assert acts()[0] == ("payouts inquire", sent.id, None)


def test_a_gateway_is_not_asked_about_what_it_never_got(paying: Paying, run: Any) -> None:
    sent = Sent(paying, runs=False)

    refused = run("payouts", "inquire", sent.id)

    assert refused.exit_code == 1
    assert "never been sent" in refused.output


def test_a_payout_is_tried_again_and_its_review_is_over(paying: Paying, run: Any) -> None:
    sent = Sent(paying, "settles_after_days")
    later = {"dueAt": clock.now().replace(year=2050), "needsReview": "unfinished"}
    Withdrawal._get_collection().update_one({"_id": ObjectId(sent.id)}, {"$set": later})
    assert paying.run() == 0

    done = run("payouts", "retry", sent.id, *WHY)

    assert done.output == f"{sent.id} is due now\n"
    assert "needsReview" not in sent.record
    assert paying.run() >= 1


def test_what_has_its_end_is_not_tried_again(paying: Paying, run: Any) -> None:
    sent = Sent(paying)

    refused = run("payouts", "retry", sent.id, *WHY)

    assert (refused.exit_code, "It has its end" in refused.output) == (1, True)


def test_payouts_are_listed_by_what_a_person_asks_for(paying: Paying, run: Any) -> None:
    paid, declined, open_ = (
        Sent(paying),
        Sent(paying, "declines"),
        Sent(paying, "settles_after_days"),
    )
    to_review = {"$set": {"needsReview": "unfinished"}}
    Withdrawal._get_collection().update_one({"_id": ObjectId(open_.id)}, to_review)

    def ids(*options: str) -> list[str]:
        output = run("payouts", "list", "--json", *options).stdout
        return [json.loads(line)["id"] for line in output.splitlines()]

    assert ids() == [open_.id]
    assert ids("--needs-review") == [open_.id]
    assert ids("--status", "success") == [paid.id]
    assert ids("--status", "failed") == [declined.id]
    text = run("payouts", "list", "--needs-review")
    assert text.stdout.startswith(f"{open_.id}  processing         INR 30.00  http  20")
    assert text.stdout.endswith("  REVIEW: unfinished\n")
    assert text.stderr == "1 payouts\n"


def test_one_payout_is_shown_by_its_id_or_its_reference(paying: Paying, run: Any) -> None:
    sent = Sent(paying)

    shown = [run("payouts", "show", called, "--json") for called in (sent.id, f"wd{sent.id}")]

    told = [json.loads(each.stdout) for each in shown]
    assert told[0] == told[1]
    assert told[0]["status"] == "success"
    assert told[0]["attempts"][0]["reference"] == f"wd{sent.id}"
    assert "fence" not in told[0]
    assert "history           success, 20" in run("payouts", "show", sent.id).stdout


@pytest.mark.parametrize("command", ["show", "inquire", "settle", "fail", "retry"])
@pytest.mark.parametrize("called", ["0" * 24, "yacht"])
def test_a_payout_that_is_none_is_refused(
    paying: Paying, run: Any, command: str, called: str
) -> None:
    why = [] if command in ("show", "inquire") else WHY

    refused = run("payouts", command, called, *why)

    assert refused.exit_code == 1
    assert refused.output.startswith("Error: ")


def test_a_withdrawal_without_a_gateway_is_none_of_these(
    paying: Paying, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYOUT_GATEWAY", "none")
    settings.cache_clear()
    sent = Sent(paying)

    refused = run("payouts", "fail", sent.id, *WHY)

    assert refused.exit_code == 1
    assert (sent.record["status"], sent.balance()) == ("success", 70_00)


@pytest.mark.parametrize("command", ["settle", "fail", "retry"])
@pytest.mark.parametrize(
    "reason",
    [
        *([], ["--reason", " "], ["--reason", "x" * 501]),
        # Two lines of a log; what colours a terminal; and a byte that is no UTF-8.
        *(["--reason", "a\nb"], ["--reason", "\x1b[31mred"], ["--reason", os.fsdecode(b"\xff")]),
    ],
)
def test_a_reason_is_asked_for(paying: Paying, run: Any, command: str, reason: list[str]) -> None:
    sent = Sent(paying, "settles_after_days")

    refused = run("payouts", command, sent.id, *reason)

    assert refused.exit_code == 2
    assert sent.record["status"] == "processing"
    assert acts() == []
    assert_books_balance(sent.person.id)


@pytest.mark.parametrize("prefix", ["", "wd"], ids=["by its id", "by its reference"])
def test_a_payout_that_came_back_can_be_reversed_once(
    paying: Paying, run: Any, prefix: str
) -> None:
    sent = Sent(paying)

    first = run("reverse", prefix + sent.id, *WHY)
    second = run("reverse", sent.id, "--reason", "again")

    assert first.output.startswith("Refunded INR 30.00, ledger entry ")
    assert second.output.startswith("Nothing was moved: INR 30.00 had been refunded before, at 20")
    assert sent.record["failureReason"] == "returned"
    assert (sent.balance(), sent.refunds()) == (100_00, 1)
    assert audited("--verify-chain").differences == []
    assert [(command, about) for command, about, _ in acts()] == [("reverse", sent.id)] * 2


@pytest.mark.parametrize("status", ["pending", "processing"])
def test_a_payout_under_way_is_not_reversed(paying: Paying, run: Any, status: str) -> None:
    sent = Sent(paying, "settles_after_days", runs=status == "processing")

    refused = run("reverse", sent.id, *WHY)

    assert refused.exit_code == 1
    assert refused.output.startswith(
        f"Error: It is being paid out. `payouts fail {sent.id}` refunds it, once you know that"
    )
    assert (sent.record["status"], sent.balance()) == (status, 70_00)
