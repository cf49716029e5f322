"""The audit knows payouts: each status has exactly the movements that it demands."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from click.testing import CliRunner

from tests.money.audit_books import audited, entries, set_members, wallets, withdrawals
from tests.money.payout_books import (
    GATEWAY,
    LEASE,
    PayoutBooks,
    apply,
    asked,
    lost,
    payout_books,
    read,
)
from tests.money.test_audit_any_type import VALUES
from wallet_api import clock
from wallet_api.audit import reading, run
from wallet_api.audit.cli import audit_command
from wallet_api.documents.kinds import MovementKind, PayoutFailure
from wallet_api.movements import post
from wallet_api.movements.orders import Order
from wallet_api.movements.relay.copy import copy_outbox
from wallet_api.payouts.change import failed
from wallet_api.payouts.refunds import pay_back

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.slow]

books = pytest.fixture(payout_books)

LATER = timedelta(seconds=1)


def test_every_status_has_the_movements_that_it_demands(books: PayoutBooks) -> None:
    found = audited("--verify-chain")

    assert (found.exit_code, found.differences) == (0, [])


def test_what_is_held_and_what_is_owed_are_totals(books: PayoutBooks) -> None:
    total = audited().summary["totals"]["INR"]

    assert total["heldCents"] == 1_00 + 2_00
    assert total["refundsOwedCents"] == 64_00
    assert total["withdrawalsCents"] == 255_00
    assert total["refundsCents"] == 8_00 + 16_00 + 32_00
    text = CliRunner().invoke(audit_command, []).stdout
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "(held for payouts) INR 3.00" in lines
    assert "(refunds owed) INR 64.00" in lines


def test_a_refund_that_waits_in_the_outbox_is_owed_no_more(books: PayoutBooks) -> None:
    refunded(books.owed)

    waiting = audited()
    copy_outbox(books.user)
    copied = audited()

    assert waiting.differences == copied.differences == []
    assert waiting.summary["totals"]["INR"]["refundsOwedCents"] == 0
    assert copied.summary["totals"]["INR"]["refundsOwedCents"] == 0


def refunded(withdrawal: ObjectId) -> None:
    """Committed, and not copied."""
    owed = read(withdrawal)
    order = Order(
        owed.user,
        MovementKind.REFUND,
        owed.amount_cents,
        owed.currency,
        str(withdrawal),
        withdrawal=withdrawal,
        gateway=owed.gateway,
        reason=owed.failure_reason,
    )
    post(order)


def sets(which: str, **members: Any) -> Callable[[PayoutBooks], object]:
    return lambda books: set_members(withdrawals, getattr(books, which), **members)


def unsets(which: str, *names: str) -> Callable[[PayoutBooks], object]:
    return lambda books: withdrawals().update_one(
        {"_id": getattr(books, which)}, {"$unset": dict.fromkeys(names, "")}
    )


def _history(which: str, *statuses: str) -> Callable[[PayoutBooks], object]:
    def change(books: PayoutBooks) -> None:
        found = withdrawals().find_one({"_id": getattr(books, which)})
        assert found is not None
        times = {each["status"]: each["at"] for each in found["history"]}
        history = [{"status": s, "at": times.get(s, clock.now())} for s in statuses]
        set_members(withdrawals, found["_id"], status=statuses[-1], history=history)

    return change


def _noted_as_owed(books: PayoutBooks) -> None:
    sets("declined", refund="owed", dueAt=clock.now() + LEASE)(books)
    unsets("declined", "refundedAt")(books)


def _refund_of_a_paid_one(books: PayoutBooks) -> None:
    refunded(books.paid)
    copy_outbox(books.user)


def _noted_as_paid(books: PayoutBooks) -> None:
    sets("owed", refund="paid", refundedAt=clock.now())(books)


def _gateway_in_record_and_ledger(books: PayoutBooks) -> None:
    for documents in (withdrawals, entries):
        set_members(documents, books.paid, gateway="other")


def _gateway_in_the_outbox(books: PayoutBooks) -> None:
    """The relay has copied it, and not yet removed it."""
    order = Order(
        books.user, MovementKind.WITHDRAWAL, -1_00, "INR", None, "acct-1", gateway=GATEWAY
    )
    post(order)
    before = wallets().find_one({"user": books.user})
    copy_outbox(books.user)
    before["outbox"][0]["gateway"] = "other"
    copied = entries().find_one({"_id": before["outbox"][0]["id"]})
    before["outbox"][0] |= {name: copied[name] for name in ("bookedAt", "digestVersion")}
    wallets().replace_one({"_id": before["_id"]}, before)


def _one_that_is_paid_again(books: PayoutBooks) -> None:
    """A withdrawal that had no gateway is given one, and waits to be paid."""
    created = {"$set": {"gateway": GATEWAY, "dueAt": clock.now(), "status": "pending"}}
    withdrawals().update_one({"_id": books.plain}, created)
    withdrawals().update_one({"_id": books.plain}, {"$set": {"history.0.status": "pending"}})


def reference_of(which: str, suffix: str = "") -> Callable[[PayoutBooks], str]:
    return lambda books: f"wd{getattr(books, which)}{suffix}"


def first_reference(
    which: str, reference: Callable[[PayoutBooks], str]
) -> Callable[[PayoutBooks], object]:
    return lambda books: sets(which, **{"attempts.0.reference": reference(books)})(books)


DAMAGES: dict[str, tuple[Callable[[PayoutBooks], object], str]] = {
    "failed, and its refund is not in the ledger": (_noted_as_paid, "refund_missing"),
    "refunded, and its record still owes it": (_noted_as_owed, "record_differs"),
    "refunded, though it is paid": (_refund_of_a_paid_one, "refund_unfounded"),
    "refunded, and called pending": (_history("cancelled", "pending"), "refund_unfounded"),
    "a refund for another reason": (sets("declined", failureReason="not_found"), "record_differs"),
    "a refund at another time": (
        lambda books: sets("declined", refundedAt=clock.now() + LATER)(books),
        "record_differs",
    ),
    "a refund without a state": (unsets("declined", "refund"), "status"),
    "a refund that is neither owed nor paid": (sets("declined", refund="soon"), "status"),
    "a refund that is paid at no time": (unsets("declined", "refundedAt"), "status"),
    "a refund that is owed, and due to nobody": (unsets("owed", "dueAt"), "status"),
    "a failure without a reason": (unsets("declined", "failureReason"), "status"),
    "a failure for the reason of a refusal": (
        sets("declined", failureReason="insufficient_funds"),
        "status",
    ),
    "it came back at no time": (unsets("returned", "reversedAt"), "status"),
    "declined, and has a time at which it came back": (
        lambda books: sets("declined", reversedAt=clock.now())(books),
        "status",
    ),
    "cancelled after it was sent": (sets("declined", failureReason="cancelled"), "status"),
    "paid, and then declined": (sets("returned", failureReason="declined"), "status"),
    "pending, and due to nobody": (unsets("pending", "dueAt"), "status"),
    "processing, and due to nobody": (unsets("processing", "dueAt"), "status"),
    "pending, and has a refund": (sets("pending", refund="owed"), "status"),
    "paid, and says why it failed": (sets("paid", failureReason="declined"), "status"),
    "paid by a history without its sending": (_history("paid", "pending", "success"), "status"),
    "paid, and pending again by its history": (
        _history("paid", "pending", "processing", "success", "pending"),
        "status",
    ),
    "its history ends otherwise": (sets("paid", status="processing"), "status"),
    "its history begins later": (
        lambda books: sets("pending", **{"history.0.at": clock.now() + LATER})(books),
        "status",
    ),
    "its gateway was asked at another time": (
        lambda books: sets("processing", **{"history.1.at": clock.now() + LATER})(books),
        "status",
    ),
    "processing, and never sent": (unsets("processing", "attempts"), "status"),
    "paid, and put back to pending": (_history("paid", "pending"), "status"),
    "a reference of another withdrawal": (
        first_reference("processing", reference_of("paid")),
        "status",
    ),
    "a reference out of order": (first_reference("paid", reference_of("paid", "a2")), "status"),
    "a reference in no form": (first_reference("paid", lambda books: "wd"), "status"),
    "another gateway in the record": (sets("paid", gateway="other"), "record_differs"),
    "another gateway in the record of a refund": (sets("declined", gateway="x"), "record_differs"),
    "another gateway in record and ledger": (_gateway_in_record_and_ledger, "entry_changed"),
    "another gateway in the outbox than in the copy": (_gateway_in_the_outbox, "copy_differs"),
    "no gateway any more": (unsets("pending", "gateway"), "status"),
    "a withdrawal without a gateway is given one": (_one_that_is_paid_again, "record_differs"),
    "a withdrawal without a gateway is to be taken up": (
        lambda books: sets("plain", dueAt=clock.now())(books),
        "status",
    ),
    "a payout that another system is said to have made": (
        lambda books: sets("pending", movedInAt=clock.now())(books),
        "status",
    ),
    "its record is gone": (
        lambda books: withdrawals().delete_one({"_id": books.processing}),
        "withdrawal_missing",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_payout_is_named(books: PayoutBooks, name: str) -> None:
    damage, kind = DAMAGES[name]
    damage(books)

    found = audited("--verify-chain")

    assert found.exit_code == 1
    assert kind in found.kinds()


def test_what_was_paid_after_its_refund_is_a_loss_of_its_amount(books: PayoutBooks) -> None:
    lost(books.returned)

    found = audited()

    assert found.exit_code == 1
    (loss,) = found.differences
    assert loss["kind"] == "paid_after_refund"
    assert (loss["entry"], loss["amountCents"]) == (str(books.returned), 16_00)
    assert "a loss of INR 16.00" in loss["detail"]
    assert found.summary["toReviewCount"] == 0


def test_what_a_person_must_look_at_is_told_and_is_no_difference(books: PayoutBooks) -> None:
    sets("processing", needsReview="unfinished")(books)

    found = audited()

    assert (found.exit_code, found.differences) == (0, [])
    assert found.summary["toReviewCount"] == 1
    assert found.summary["toReview"] == [
        {
            "withdrawal": str(books.processing),
            "wallet": str(books.user),
            "why": "unfinished",
            "amountCents": 2_00,
            "currency": "INR",
        }
    ]
    text = CliRunner().invoke(audit_command, []).stdout
    assert f"to review: withdrawal {books.processing}, INR 2.00: unfinished\n" in text
    assert text.endswith("Every cent adds up.\n")


@pytest.fixture
def failing_meanwhile(books: PayoutBooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reading finds more payouts: one refunded, and one whose refund is not copied."""
    check_range = reading.check_range

    def moved(*args: Any, **options: Any) -> Iterator[Any]:
        for pays in (lambda found: pay_back(read(found)), refunded):
            found = read(asked(books.user, 1))
            apply(failed(found, PayoutFailure.CANCELLED, clock.now()), found)
            pays(found.id)
        yield from check_range(*args, **options)

    monkeypatch.setattr(reading, "check_range", moved)


def test_payouts_that_fail_between_the_readings_are_no_difference(failing_meanwhile: None) -> None:
    assert audited("--verify-chain").differences == []


def test_read_once_only_they_would_be(
    failing_meanwhile: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: the race is real."""
    monkeypatch.setattr(run, "READINGS", 1)

    assert "debit_missing" in audited().kinds()


OF_ANY_TYPE = (
    "attempts",
    "attempts.0",
    "attempts.0.reference",
    "attempts.0.at",
    "history",
    "history.0",
    "history.1.status",
    "gateway",
    "dueAt",
    "refund",
    "refundedAt",
    "reversedAt",
    "failureReason",
    "needsReview",
)


@pytest.mark.parametrize("name", OF_ANY_TYPE)
def test_a_payout_of_any_type_breaks_no_audit_off(books: PayoutBooks, name: str) -> None:
    before = withdrawals().find_one({"_id": books.returned})
    assert before is not None
    for value in VALUES:
        withdrawals().update_one({"_id": books.returned}, {"$set": {name: value}})

        found = audited()

        assert found.exit_code == (0 if name in ("dueAt", "needsReview") else 1), value
        withdrawals().replace_one({"_id": books.returned}, before)
