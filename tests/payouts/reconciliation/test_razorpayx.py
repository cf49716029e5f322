"""RazorpayX is asked for its list as any gateway is."""

import pytest

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling
from tests.support.payout_simulator import ACCOUNT
from wallet_api.config import settings
from wallet_api.payouts.adapters import registry

pytestmark = pytest.mark.slow

BANK = "bank:HDFC0001234:5012345678:Asha Rao"


@pytest.fixture
def by_razorpayx(paying: Paying, monkeypatch: pytest.MonkeyPatch) -> Paying:
    monkeypatch.setenv("PAYOUT_GATEWAY", "razorpayx")
    monkeypatch.setenv("PAYOUT_RAZORPAYX_URL", paying.gateway.address)
    monkeypatch.setenv("PAYOUT_RAZORPAYX_KEY_ID", "rzp_test_simulator")
    monkeypatch.setenv("PAYOUT_RAZORPAYX_KEY_SECRET", "simulator-key-secret")
    monkeypatch.setenv("PAYOUT_RAZORPAYX_ACCOUNT_NUMBER", ACCOUNT)
    settings.cache_clear()
    registry.close_all()
    return paying


def test_its_payouts_match_but_for_what_it_pays_after_all(
    reconciling: Reconciling, by_razorpayx: Paying
) -> None:
    ada = by_razorpayx.person(100)
    behaviours = ("settles", "declines", "declined_then_settled")
    created = [ada.withdraws(30, destination=BANK) for _ in behaviours]
    for each, behaviour in zip(created, behaviours, strict=True):
        by_razorpayx.behaves(each, behaviour)
    by_razorpayx.run()
    reconciling.until(created[2], "settled")

    ended = reconciling.run("--gateway", "--from", reconciling.began)

    wanted = by_razorpayx.reference(created[2])
    about = [each for each in ended.report["differences"] if each["reference"] == wanted]
    assert [each["kind"] for each in about] == ["paid_after_refund"]
    assert ended.report["matched"] == 2
