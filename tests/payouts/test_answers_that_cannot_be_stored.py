"""An adapter that answers what cannot be stored has a defect, which holds up nothing for ever."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId

from tests.mutants import Mutant
from tests.mutants import payouts as mutants
from tests.payouts.answering import Patch
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api.payouts import operating, worker
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.gateway import Answer, Event, Verdict
from wallet_api.payouts.operating import Done

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]


def _nested(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"in": found}
    return found


HALF = "\ud800"

DEFECTS: list[dict[str, Any]] = [
    {"fee_cents": 2**63},
    {"fee_cents": "250"},
    {"amount_cents": 10**5000},
    {"reference": HALF},
    {"currency": HALF},
    {"gateway_reference": HALF},
    {"trace": HALF},
    {"trace": 17},
    {"reason": HALF},
    {"description": "a" * 2**24},
    {"source": HALF},
    {"needs_review": HALF},
    {"retry_after_seconds": float("inf")},
    {"retry_after_seconds": float("nan")},
    {"state": None},
    {"state": {"at": object()}},
    {"state": {"tried": {1, 2}}},
    {"state": {HALF: 1}},
    {"state": {"a\0b": 1}},
    {"state": {7: 1}},
    {"state": _nested(150)},
    {"state": _nested(100_000)},
]


def answers(patch: Patch, answer: Any) -> None:
    """To a submission and to an inquiry alike."""
    for question in ("submit", "inquire"):
        patch.setattr(HttpGateway, question, lambda self, payout: answer)


def to_a_worker(paying: Paying, patch: Patch, defect: dict[str, Any]) -> Sent:
    sent = Sent(paying, runs=False)
    answers(patch, Answer(verdict=Verdict.SETTLED, **defect))
    worker.run_once()
    return sent


def by_a_callback(paying: Paying, patch: Patch, defect: dict[str, Any]) -> Sent:
    """Of a gateway that cannot be asked."""
    sent = Sent(paying, "settles_after_days")
    answer = Answer(verdict=Verdict.SETTLED, **defect)
    told = Event(id="1", reference=f"wd{sent.id}", occurred_at=None, answer=answer)
    with patch.context() as telling:
        silent = property(lambda self: replace(self._traits, can_inquire=False))
        telling.setattr(HttpGateway, "traits", silent)
        telling.setattr(HttpGateway, "parse_callback", lambda *_: [told])
        assert paying.tells(sent.person, sent.created, "settled").status_code == 204
    return sent


Way = Callable[[Paying, Patch, dict[str, Any]], Sent]


@pytest.mark.parametrize("way", [to_a_worker, by_a_callback], ids=lambda way: way.__name__)
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: next(iter(defect)))
def test_it_is_unknown_and_a_person_looks_at_it(
    paying: Paying, monkeypatch: Patch, way: Way, defect: dict[str, Any]
) -> None:
    sent = way(paying, monkeypatch, defect)

    (name,) = defect
    found = sent.record
    assert (found["status"], sent.balance()) == ("processing", 7000)
    assert found["needsReview"] == f"the adapter has a defect: its {name} cannot be stored"
    assert "fence" not in found


def is_told_once(paying: Paying, patch: Patch, caplog: pytest.LogCaptureFixture) -> None:
    """And the payout goes on by inquiries."""
    caplog.set_level(logging.WARNING, "wallet_api")
    sent = to_a_worker(paying, patch, {"fee_cents": 2**63})
    for _ in range(2):
        paying.lets_the_lease_pass(sent.created)
        worker.run_once()
    told = [getattr(each, "event", None) for each in caplog.records]

    answers(patch, Answer(verdict=Verdict.SETTLED, fee_cents=250))
    paying.lets_the_lease_pass(sent.created)
    worker.run_once()

    assert told == ["payout_needs_review"]
    assert (sent.record["status"], sent.record["feeCents"]) == ("success", 250)


def is_not_believed_to_be_spent(
    paying: Paying, patch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing that such an answer says is so: it is not sent under another reference. Nor
    is what one says about another payout."""
    for wrong in ({"trace": HALF}, {"amount_cents": 1}):
        sent = Sent(paying, runs=False)
        spent = {"verdict": Verdict.NOT_TAKEN, "reference_is_spent": True}
        answers(patch, Answer(**{**spent, **wrong}))

        worker.run_once()

        (attempt,) = sent.record["attempts"]
        assert (attempt["mayBeTaken"], attempt.get("spent")) == (True, None)


def is_no_matter_to_an_operator(
    paying: Paying, patch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who asks the gateway: an answer that is no end changes nothing."""
    sent = Sent(paying, "settles_after_days")
    answers(patch, Answer(verdict=Verdict.SETTLED, fee_cents=2**63))

    answer, done = operating.inquire(ObjectId(sent.id))

    assert (answer.verdict, done) == (Verdict.UNKNOWN, Done.NOTHING)
    assert sent.record["status"] == "processing"


Promise = Callable[[Paying, Patch, pytest.LogCaptureFixture], None]

PROMISES: dict[Promise, Mutant] = {
    is_told_once: mutants.whatever_is_answered_is_written,
    is_not_believed_to_be_spent: mutants.what_is_not_believed_counts_for_the_reference,
    is_no_matter_to_an_operator: mutants.whatever_is_answered_is_written,
}


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_defect(
    paying: Paying, monkeypatch: Patch, caplog: pytest.LogCaptureFixture, promise: Promise
) -> None:
    promise(paying, monkeypatch, caplog)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_with_the_mutant_it_is_not_so(
    paying: Paying, monkeypatch: Patch, caplog: pytest.LogCaptureFixture, promise: Promise
) -> None:
    PROMISES[promise](monkeypatch.setattr)

    with pytest.raises((AssertionError, KeyError, OverflowError)):
        promise(paying, monkeypatch, caplog)


@pytest.mark.parametrize("answer", [None, "settled", {"verdict": "settled"}])
def test_what_is_no_answer_at_all_is_unknown(
    paying: Paying, monkeypatch: Patch, answer: Any
) -> None:
    sent = Sent(paying, runs=False)
    answers(monkeypatch, answer)

    worker.run_once()

    assert (sent.record["status"], sent.balance()) == ("processing", 7000)
    assert "fence" not in sent.record


def test_what_can_be_stored_is_stored(paying: Paying, monkeypatch: Patch) -> None:
    state = {"a.b": {"$x": [1, None, ObjectId()]}}
    members = {"fee_cents": 2**63 - 1, "trace": "a\0ä", "retry_after_seconds": 0.5}

    sent = to_a_worker(paying, monkeypatch, {**members, "state": state})

    found = sent.record
    assert (found["status"], found["gatewayState"]) == ("success", state)
    assert (found["feeCents"], found["trace"]) == (2**63 - 1, "a\0ä")
