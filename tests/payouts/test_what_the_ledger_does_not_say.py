"""A worker pays what the signed ledger says: a record that says otherwise is sent nowhere."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId
from werkzeug.test import TestResponse

from tests.mutants import Mutant, unproven_payouts
from tests.payouts.paying import Paying
from tests.support.books import sweep_everything
from tests.support.commands import recorder
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.documents.ledger_entry import LedgerEntry
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.movements.relay import hash_chain
from wallet_api.payouts import at_once, worker
from wallet_api.payouts.cancel import cancel

pytestmark = [
    pytest.mark.slow,
    pytest.mark.in_process("writes to the database behind the service's back"),
    pytest.mark.lengthy,
]

Mutate = Callable[[Mutant], None]

CLAIM = ["find", "update", "find"]

records = Withdrawal._get_collection
entries = LedgerEntry._get_collection


def id_of(created: TestResponse) -> ObjectId:
    return ObjectId(created.get_json()["id"])


def set_record(created: TestResponse, **members: Any) -> None:
    records().update_one({"_id": id_of(created)}, {"$set": members})


def record(created: TestResponse) -> dict[str, Any]:
    found = records().find_one({"_id": id_of(created)})
    assert found is not None
    return found


def _in_both(created: TestResponse) -> None:
    set_record(created, destination="attackers")
    entries().update_one({"_id": id_of(created)}, {"$set": {"destination": "attackers"}})


def _hashed_as_older_code(created: TestResponse) -> None:
    _in_both(created)
    entry = entries().find_one({"_id": id_of(created)})
    assert entry is not None
    entry.pop("digestVersion")
    entries().replace_one({"_id": entry["_id"]}, entry | {"hash": hash_chain.digest(entry)})


def _begun(created: TestResponse) -> None:
    """As if a worker had died after its claim."""
    at = record(created)["createdAt"]
    attempt = {"reference": f"wd{id_of(created)}", "at": at, "lastAt": at, "mayBeTaken": True}
    set_record(created, status="processing", attempts=[attempt], amountCents=99_00)
    change = {"$push": {"history": {"status": "processing", "at": at}}}
    records().update_one({"_id": id_of(created)}, change)


FORGERIES: dict[str, tuple[Callable[[TestResponse], object], str]] = {
    "its destination": (lambda made: set_record(made, destination="attackers"), "destination"),
    "its amount": (lambda made: set_record(made, amountCents=99_00), "amountCents"),
    "its currency": (lambda made: set_record(made, currency="KWD"), "currency"),
    "its user": (lambda made: set_record(made, user=ObjectId()), "user"),
    "its time": (lambda made: set_record(made, createdAt=clock.now()), "at"),
    "its ledger entry too": (_in_both, "not signed, or was changed"),
    "its ledger entry too, hashed anew": (_hashed_as_older_code, "not signed, or was changed"),
    "its amount, and it is called sent": (_begun, "amountCents"),
    "that there is a debit": (
        lambda made: entries().delete_one({"_id": id_of(made)}),
        "no debit of it",
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_nothing_is_sent_that_the_ledger_does_not_say(paying: Paying, what: str) -> None:
    forge, why = FORGERIES[what]
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    sweep_everything()
    forge(created)

    paying.run()
    set_record(created, dueAt=clock.now())
    paying.run()

    assert paying.paid(created) == []
    found = record(created)
    assert found["status"] == "processing"
    assert found["needsReview"].startswith("not sent, since the ledger contradicts it: ")
    assert why in found["needsReview"]


def test_once_it_is_mended_it_is_paid(paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    sweep_everything()
    set_record(created, destination="attackers")
    paying.run()

    set_record(created, destination="acct-1", dueAt=clock.now())
    paying.run()

    assert paying.paid(created) == [3000]
    assert record(created)["status"] == "success"


def test_a_withdrawal_without_a_gateway_that_is_given_one_is_not_paid(
    paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = paying.person(100)
    monkeypatch.setenv("PAYOUT_GATEWAY", "none")
    settings.cache_clear()
    created = ada.withdraws(30, destination="acct-1")
    sweep_everything()
    monkeypatch.setenv("PAYOUT_GATEWAY", "http")
    settings.cache_clear()
    pending = {"status": "pending", "history.0.status": "pending"}
    set_record(created, gateway="http", dueAt=clock.now(), **pending)

    paying.run()

    assert paying.paid(created) == []
    assert record(created)["needsReview"].endswith("the ledger tells another gateway")


def _back_to_pending(created: TestResponse) -> None:
    found = record(created)
    history = [{"status": "pending", "at": found["createdAt"]}]
    pending = {"status": "pending", "history": history, "dueAt": clock.now()}
    gone = (
        *("attempts", "gatewayReference", "trace", "statusDetails"),
        *("refund", "refundedAt", "failureReason"),
    )
    change = {"$set": pending, "$unset": dict.fromkeys(gone, "")}
    records().update_one({"_id": found["_id"]}, change)


@pytest.fixture
def forgotten(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> TestResponse:
    """Paid by a gateway that has forgotten the key since, and set back to pending."""
    monkeypatch.setenv("PAYOUT_KEY_LIFE_SECONDS", "61.5")  # a lease, and less than its memory
    settings.cache_clear()
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    paying.behaves(created, "forgets_its_key")
    paying.run()
    assert paying.paid(created) == [3000]
    time.sleep(2.1)
    _back_to_pending(created)
    return created


def test_a_payout_that_is_set_back_to_pending_is_not_paid_again(
    paying: Paying, forgotten: TestResponse
) -> None:
    paying.run()

    assert paying.paid(forgotten) == [3000]
    assert record(forgotten)["status"] == "success"


def test_unasked_it_would_be(paying: Paying, forgotten: TestResponse, mutate: Mutate) -> None:
    mutate(unproven_payouts.what_is_pending_is_new)

    paying.run()

    assert paying.paid(forgotten) == [3000, 3000]


def _refunded(paying: Paying, destination: str) -> TestResponse:
    """Cancelled before it was sent, and set back to pending."""
    ada, bob = paying.person(100), paying.person(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(at_once, "done", lambda sender, receipt: receipt)
        created = ada.withdraws(30, destination=destination.format(bob=bob.id))
    sweep_everything()
    cancel(id_of(created))
    assert ada.balance() == 10000
    _back_to_pending(created)
    return created


TO_ANYBODY = pytest.mark.parametrize("destination", ["acct-1", "wallet:{bob}"])


@TO_ANYBODY
def test_a_refunded_payout_that_is_set_back_to_pending_is_not_paid(
    paying: Paying, destination: str
) -> None:
    created = _refunded(paying, destination)

    paying.run()

    assert paying.paid(created) == []
    assert record(created)["status"] == "processing"
    assert record(created)["needsReview"].endswith("the ledger has its refund")


@TO_ANYBODY
def test_where_no_refund_is_looked_for_it_is(
    paying: Paying, destination: str, mutate: Mutate
) -> None:
    mutate(unproven_payouts.a_refund_is_not_looked_for)
    created = _refunded(paying, destination)

    paying.run()

    assert record(created)["status"] == "success"


def test_an_old_withdrawal_that_was_never_sent_is_paid(
    paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its gateway is asked first, and does not know it."""
    monkeypatch.setenv("PAYOUT_KEY_LIFE_SECONDS", "60.001")
    settings.cache_clear()
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    time.sleep(0.01)

    paying.run()

    assert paying.paid(created) == [3000]
    assert record(created)["status"] == "success"


def test_a_record_that_is_believed_unread_is_paid(paying: Paying, mutate: Mutate) -> None:
    mutate(unproven_payouts.the_record_is_believed)
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    sweep_everything()
    set_record(created, amountCents=99_00)

    paying.run()

    assert paying.paid(created) == [9900]


def test_the_proof_costs_a_payout_one_round_trip(paying: Paying) -> None:
    ada = paying.person(100)
    ada.withdraws(30, destination="acct-1")
    sweep_everything()

    with recorder.recording() as commands:
        worker.run_once()

    asked = [command["find"] for command in commands if "find" in command]
    assert asked.count(LedgerEntry._get_collection_name()) == 1
    proven = [name for command in commands for name in command if name in ("find", "update")]
    assert proven == [*CLAIM, "find", "update", *CLAIM[:1]]
