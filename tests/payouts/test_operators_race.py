"""An operator, a worker and a callback decide at the same time, and one of them wins."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from bson import ObjectId

from tests.money.audit_books import audited
from tests.mutants import Mutant, operators
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api import clock
from wallet_api.documents.withdrawal import Withdrawal
from wallet_api.errors import Refusal
from wallet_api.payouts import operating, queue, record, worker
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.gateway import Answer, Payout
from wallet_api.payouts.operating import Done
from wallet_api.payouts.pace import Paces
from wallet_api.payouts.refunds import pay_back

pytestmark = [
    pytest.mark.slow,
    pytest.mark.in_process("runs a worker and an operator in its process"),
    pytest.mark.lengthy,
]

Mutate = Callable[[Mutant], None]
Overtaken = Callable[[Callable[[], object]], None]

OPEN = "settles_after_days"


@pytest.fixture
def worker_refunds_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between an operator's decision and its refund, a worker takes the refund up."""

    def late(found: record.PayoutRecord) -> None:
        assert worker.run_once() > 0
        pay_back(found)

    monkeypatch.setattr(operating, "pay_back", late)


@pytest.fixture
def read_before(monkeypatch: pytest.MonkeyPatch) -> Overtaken:
    """Something happens after an operator's command has read the payout."""
    find = operating.find

    def happens(what: Callable[[], object]) -> None:
        first = [what]

        def found_before(withdrawal: ObjectId) -> record.PayoutRecord:
            found = find(withdrawal)
            if first:
                first.pop()()
            return found

        monkeypatch.setattr(operating, "find", found_before)

    return happens


@pytest.mark.usefixtures("worker_refunds_first")
def test_operator_and_worker_refund_once(paying: Paying) -> None:
    sent = Sent(paying, OPEN)

    assert operating.fail(ObjectId(sent.id), "no") is Done.FAILED

    assert (sent.balance(), sent.refunds()) == (100_00, 1)
    assert audited("--verify-chain").differences == []


@pytest.mark.usefixtures("worker_refunds_first")
def test_with_a_key_for_each_event_they_refund_twice(paying: Paying, mutate: Mutate) -> None:
    mutate(operators.each_decision_has_its_refund)
    sent = Sent(paying, OPEN)

    operating.fail(ObjectId(sent.id), "no")

    assert sent.refunds() == 2


def _declined_meanwhile(paying: Paying, read_before: Overtaken) -> tuple[Sent, Done]:
    """Settled by an operator, who had read it before the worker heard that it was declined."""
    sent = Sent(paying, OPEN)
    read_before(lambda: operating.fail(ObjectId(sent.id), "the gateway has declined it"))
    return sent, operating.settle(ObjectId(sent.id), "yes")


def test_what_is_refunded_meanwhile_is_not_settled(paying: Paying, read_before: Overtaken) -> None:
    sent, done = _declined_meanwhile(paying, read_before)

    assert done is Done.LOST
    assert sent.record["status"] == "failed"
    assert audited("--verify-chain").kinds() == {"paid_after_refund"}


def test_without_the_condition_on_the_status_it_is(
    paying: Paying, read_before: Overtaken, mutate: Mutate
) -> None:
    mutate(operators.what_was_read_is_overwritten)

    sent, _ = _declined_meanwhile(paying, read_before)

    assert sent.record["status"] == "success"
    assert "refund_unfounded" in audited("--verify-chain").kinds()


def test_what_is_settled_meanwhile_counts_as_returned(
    paying: Paying, read_before: Overtaken
) -> None:
    sent = Sent(paying, OPEN)
    read_before(lambda: operating.settle(ObjectId(sent.id), "yes"))

    assert operating.fail(ObjectId(sent.id), "no") is Done.FAILED

    assert sent.record["failureReason"] == "returned"
    assert sent.record["reversedAt"] == sent.record["history"][-1]["at"]
    assert (sent.balance(), sent.refunds()) == (100_00, 1)
    assert audited("--verify-chain").differences == []


def _taken_up_meanwhile(paying: Paying, read_before: Overtaken) -> Sent:
    """Settled by an operator, who had read it before a worker took it up to send it."""
    sent = Sent(paying, OPEN)
    sent.made_due()
    read_before(lambda: worker.take_up(Paces()))
    return sent


def test_what_a_worker_takes_up_meanwhile_is_not_settled(
    paying: Paying, read_before: Overtaken
) -> None:
    sent = _taken_up_meanwhile(paying, read_before)

    with pytest.raises(Refusal, match="A worker is at it"):
        operating.settle(ObjectId(sent.id), "yes")

    assert sent.record["status"] == "processing"


def test_settled_without_its_fence_it_is(
    paying: Paying, read_before: Overtaken, mutate: Mutate
) -> None:
    mutate(operators.what_a_worker_has_in_hand_is_settled)
    sent = _taken_up_meanwhile(paying, read_before)

    assert operating.settle(ObjectId(sent.id), "yes") is Done.SETTLED


def _paid_by_a_late_worker(paying: Paying) -> Sent:
    """A worker that was paused right before its request sends it after the operator's decision."""
    sent = Sent(paying, runs=False)
    (turn,) = worker.take_up(Paces())
    id_, submit = ObjectId(sent.id), HttpGateway.submit

    def late(self: HttpGateway, payout: Payout) -> Answer:
        over = {"$set": {"dueAt": clock.now() - timedelta(seconds=1)}}
        Withdrawal._get_collection().update_one({"_id": id_}, over)
        assert operating.fail(id_, "no") is Done.FAILED
        return submit(self, payout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpGateway, "submit", late)
        turn.run()
    assert paying.paid(sent.created) == [3000]
    return sent


def test_a_payout_that_is_made_after_its_refund_is_a_loss_by_name(paying: Paying) -> None:
    sent = _paid_by_a_late_worker(paying)

    (loss,) = audited("--verify-chain").differences
    assert (loss["kind"], loss["entry"]) == ("paid_after_refund", sent.id)
    assert (sent.balance(), sent.refunds()) == (100_00, 1)


def test_unheard_it_would_be_nobodys_loss(paying: Paying, mutate: Mutate) -> None:
    mutate(operators.what_is_heard_late_is_dropped)

    _paid_by_a_late_worker(paying)

    assert audited("--verify-chain").differences == []


BEHAVIOURS = ("settles", "declines", "settles_later", "declines_later", "pays_then_silent", OPEN)


def test_operator_worker_and_callback_at_once(paying: Paying) -> None:
    """However it ends, each was refunded once at most, and what was lost is named."""
    sent = [Sent(paying, BEHAVIOURS[n % 6], runs=False) for n in range(24)]
    end = time.monotonic() + 3

    def operator(decide: Callable[[ObjectId, str], Done], of: list[Sent]) -> None:
        for each in of * 3:
            try:
                decide(ObjectId(each.id), "so it is")
            except Refusal:
                time.sleep(0.005)

    def callbacks() -> None:
        while time.monotonic() < end:
            for each in sent:
                queue.wake(ObjectId(each.id), "http", clock.now())

    def work() -> None:
        while time.monotonic() < end:
            worker.run_once()

    with ThreadPoolExecutor(5) as pool:
        racing = [
            pool.submit(operator, operating.fail, sent[4:]),
            pool.submit(operator, operating.settle, sent[:12]),
            pool.submit(callbacks),
            pool.submit(work),
            pool.submit(work),
        ]
        for racer in racing:
            racer.result()
    for each in sent:
        each.made_due()
    paying.run()

    found = audited("--verify-chain")
    assert found.kinds() <= {"paid_after_refund"}, json.dumps(found.differences)
    named = {difference["entry"] for difference in found.differences}
    for each in sent:
        assert each.refunds() == (each.record["status"] == "failed")
        if each.refunds() and sum(paying.paid(each.created)) > 0:
            assert each.id in named
