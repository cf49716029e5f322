"""A refund that is owed is paid, although its gateway is not configured any more."""

from collections.abc import Callable

import pytest
from bson import ObjectId

from tests.mutants import Mutant, payouts
from tests.payouts.answering import Answering
from tests.payouts.paying import Paying
from tests.payouts.sent import Sent
from wallet_api.config import settings
from wallet_api.payouts import refunds, worker
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.gateway import Verdict
from wallet_api.payouts.pace import Paces

pytestmark = [pytest.mark.slow, pytest.mark.lengthy]

Mutate = Callable[[Mutant], None]


@pytest.fixture
def owed(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Its worker died before the refund, and the service has no gateway since."""
    sent = Sent(paying, runs=False)
    with monkeypatch.context() as dying:
        Answering(dying, Verdict.DECLINED)
        dying.setattr(refunds, "post", _dies)
        worker.run_once()
    assert (sent.record["refund"], sent.balance()) == ("owed", 7000)
    monkeypatch.setenv("PAYOUT_GATEWAY", "none")
    for name in ("URL", "TOKEN", "CALLBACK_SECRET"):
        monkeypatch.setenv(f"PAYOUT_HTTP_{name}", "")
    settings.cache_clear()
    registry.close_all()
    paying.lets_the_lease_pass(sent.created)
    return sent


def _dies(*_: object) -> None:
    raise InterruptedError


def test_by_whoever_looks_for_what_is_due(owed: Sent) -> None:
    worker.run_once()

    assert (owed.record["refund"], owed.balance(), owed.refunds()) == ("paid", 10000, 1)


def test_by_whoever_a_message_has_woken(owed: Sent) -> None:
    turn = worker.take_up_one(ObjectId(owed.id), Paces())

    assert turn is not None
    turn.run()
    assert (owed.record["refund"], owed.balance(), owed.refunds()) == ("paid", 10000, 1)


def test_where_only_payouts_of_its_gateways_are_taken_up_it_stays_owed(
    owed: Sent, mutate: Mutate
) -> None:
    mutate(payouts.refunds_need_their_gateway)

    worker.run_once()

    assert (owed.record["refund"], owed.balance()) == ("owed", 7000)
