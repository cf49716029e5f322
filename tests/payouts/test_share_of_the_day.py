"""A withdrawal whose payout fails gives its share of the day's limits back, once."""

import pytest

from tests.payouts.paying import Paying
from tests.support.books import assert_books_balance
from wallet_api.config import settings
from wallet_api.documents.wallet import Wallet
from wallet_api.movements.used_keys import recent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.in_process("sets the settings of its process"),
]


@pytest.mark.parametrize("how", ["cancelled", "declined", "declined later"])
def test_the_share_comes_back_with_the_money(
    paying: Paying, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("LIMIT_PER_DAY", "INR:40")
    monkeypatch.setenv("LIMIT_NEW_DESTINATIONS", "INR:40")
    monkeypatch.setenv("NEW_DESTINATION_HOURS", "24")
    settings.cache_clear()
    ada = paying.person(100)
    created = ada.withdraws(30, destination="acct-1")
    assert ada.withdraws(30, destination="acct-1").get_json()["code"] == "limit_exceeded"

    if how == "cancelled":
        path = f"/withdrawals/{created.get_json()['id']}/cancel"
        assert ada.post(path, None).status_code == 200
    else:
        paying.behaves(created, "declines" if how == "declined" else "declines_later")
    recent.clear()
    assert paying.until_it_ends(ada, created)["status"] == "failed"

    (spent,) = Wallet.objects.get(user=ada.id).spent.values()
    assert spent == {"cents": 0, "count": 0, "newCents": 0}
    assert ada.withdraws(40, destination="acct-1").status_code == 201
    assert ada.withdraws(1, destination="acct-1").get_json()["leftCents"] == 0
    assert_books_balance(ada.id)
