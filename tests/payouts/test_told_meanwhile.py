"""What a callback has told is asked about until the gateway says so, whatever happens meanwhile."""

from collections.abc import Callable

import pytest

from tests.mutants import Mutant
from tests.mutants import payouts as mutants
from tests.payouts.answering import Answering, Patch, goes_on
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api.payouts import refunds, worker
from wallet_api.payouts.gateway import Verdict

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

ACCEPTED, SETTLED = Verdict.ACCEPTED, Verdict.SETTLED
DECLINED, RETURNED = Verdict.DECLINED, Verdict.RETURNED


def returned_while_settled_is_on_its_way(paying: Paying, patch: Patch) -> None:
    """A return that is told between the gateway's answer and its record is refunded."""
    sent, gateway = _sent(paying, patch, ACCEPTED)
    _tells(paying, sent, "settled")
    gateway.says(SETTLED, RETURNED, meanwhile=lambda: _tells(paying, sent, "returned"))

    goes_on(paying, [sent])

    assert (sent.record["status"], sent.balance(), sent.refunds()) == ("failed", 10000, 1)


def settled_while_declined_is_on_its_way(paying: Paying, patch: Patch) -> None:
    """So is a payment told that nobody expects any more: it is a loss by name."""
    sent, gateway = _sent(paying, patch, ACCEPTED)
    gateway.says(DECLINED, SETTLED, meanwhile=lambda: _tells(paying, sent, "settled"))

    goes_on(paying, [sent])

    assert (sent.record["status"], sent.balance(), sent.refunds()) == ("success", 7000, 0)


def settled_while_it_is_refunded(paying: Paying, patch: Patch) -> None:
    """A payment that is told before the refund is a loss by name after it."""
    sent, gateway = _sent(paying, patch, DECLINED, dies_before_the_refund=True)
    _tells(paying, sent, "settled")
    gateway.says(SETTLED)

    goes_on(paying, [sent])

    assert (sent.balance(), sent.refunds()) == (10000, 1)
    assert sent.record["needsReview"] == "paid_after_refund"
    assert "dueAt" not in sent.record


def settled_before_the_gateway_says_declined(paying: Paying, patch: Patch) -> None:
    """The refund that follows a contradiction does not end the questions."""
    sent, gateway = _sent(paying, patch, ACCEPTED)
    _tells(paying, sent, "settled")
    gateway.says(DECLINED, SETTLED)

    goes_on(paying, [sent])

    assert (sent.balance(), sent.refunds()) == (10000, 1)
    assert sent.record["needsReview"] == "paid_after_refund"


def settled_after_returned(paying: Paying, patch: Patch) -> None:
    """A callback that was overtaken does not hide the one that came before it."""
    sent, gateway = _sent(paying, patch, ACCEPTED)
    _tells(paying, sent, "returned")
    _tells(paying, sent, "settled")
    gateway.says(SETTLED, RETURNED)

    goes_on(paying, [sent])

    assert (sent.record["status"], sent.balance(), sent.refunds()) == ("failed", 10000, 1)


def returned_after_settled(paying: Paying, patch: Patch) -> None:
    """What came back was settled before: the callbacks of both are no contradiction."""
    sent, gateway = _sent(paying, patch, ACCEPTED)
    _tells(paying, sent, "settled")
    gateway.says(RETURNED)

    goes_on(paying, [sent])
    _tells(paying, sent, "returned")

    assert (sent.record["status"], sent.balance(), sent.refunds()) == ("failed", 10000, 1)
    assert not {"dueAt", "told", "needsReview"} & sent.record.keys()


Promise = Callable[[Paying, Patch], None]

PROMISES: dict[Promise, Mutant] = {
    returned_while_settled_is_on_its_way: mutants.an_end_forgets_what_was_told,
    settled_while_declined_is_on_its_way: mutants.an_end_forgets_what_was_told,
    settled_while_it_is_refunded: mutants.a_refund_is_the_end,
    settled_before_the_gateway_says_declined: mutants.a_refund_is_the_end,
    returned_after_settled: mutants.a_return_contradicts_a_settlement,
    settled_after_returned: mutants.the_last_callback_counts,
}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_it_is_heard(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    promise(paying, monkeypatch)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_with_the_mutant_it_is_missed(paying: Paying, monkeypatch: Patch, promise: Promise) -> None:
    PROMISES[promise](monkeypatch.setattr)

    with pytest.raises((AssertionError, KeyError)):
        promise(paying, monkeypatch)


def _sent(
    paying: Paying, patch: Patch, first: Verdict, *, dies_before_the_refund: bool = False
) -> tuple[Sent, Answering]:
    sent, gateway = Sent(paying, runs=False), Answering(patch, first)
    with patch.context() as dying:
        if dies_before_the_refund:
            dying.setattr(refunds, "post", _dies)
        worker.run_once()
    return sent, gateway


def _dies(*_: object) -> None:
    raise InterruptedError


def _tells(paying: Paying, sent: Sent, status: str) -> None:
    assert paying.tells(sent.person, sent.created, status).status_code == 204
