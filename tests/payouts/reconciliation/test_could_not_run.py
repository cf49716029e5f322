"""A list that cannot be had tells nothing: exit code 2, one line, and no report."""

from pathlib import Path

import pytest

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling
from wallet_api import clock
from wallet_api.config import settings
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.gateway import Answer, Verdict
from wallet_api.payouts.reconciliation.listed import listed
from wallet_api.payouts.reconciliation.told import BadList


def assert_nothing(reconciling: Reconciling, told: str, *arguments: str | Path) -> None:
    ended = reconciling.told(*arguments)

    assert (ended.code, ended.output) == (2, "")
    (line,) = ended.errors.splitlines()
    assert line.startswith("Nothing was compared: ")
    assert told in line


def test_neither_a_file_nor_a_gateway_is_named(reconciling: Reconciling) -> None:
    assert_nothing(reconciling, "Name a FILE, or --gateway")


def test_the_file_is_not_there(reconciling: Reconciling, tmp_path: Path) -> None:
    assert_nothing(reconciling, "No such file", tmp_path / "none.csv")


@pytest.mark.parametrize("name", ["htp", "none", "statement.csv"])
def test_the_gateway_is_none(reconciling: Reconciling, name: str) -> None:
    assert_nothing(reconciling, f"No gateway is called '{name}'", "--gateway", name)


def test_no_gateway_is_configured_nor_named(
    reconciling: Reconciling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYOUT_GATEWAY", "none")
    settings.cache_clear()
    file = reconciling.text("reference,amount,currency,status,time\n")

    assert_nothing(reconciling, "No gateway is called 'none'", file)


def test_the_gateway_lacks_its_settings(reconciling: Reconciling) -> None:
    told = "The gateway razorpayx needs PAYOUT_RAZORPAYX_KEY_ID"

    assert_nothing(reconciling, told, "--gateway", "razorpayx", "--from", "2026-11-26")


def test_the_gateway_is_asked_for_no_period(reconciling: Reconciling) -> None:
    assert_nothing(reconciling, "--from", "--gateway")


def test_the_period_is_empty(reconciling: Reconciling) -> None:
    period = ("--from", "2026-11-26", "--to", "2026-11-26")

    assert_nothing(reconciling, "--from must be before --to", "--gateway", *period)


@pytest.mark.parametrize("time", ["yesterday", "2026-11-26T00:00:00", "2026-02-30", "1764115323"])
def test_a_time_is_none(reconciling: Reconciling, time: str) -> None:
    ended = reconciling.told("--gateway", "--from", time)

    assert (ended.code, ended.output) == (2, "")
    assert "Invalid value for '--from'" in ended.errors


def test_the_gateway_is_down(
    reconciling: Reconciling, paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.close_all()
    monkeypatch.setenv("PAYOUT_HTTP_URL", "http://127.0.0.1:1")
    settings.cache_clear()

    assert_nothing(reconciling, "", "--gateway", "--from", reconciling.began)


def test_the_gateway_refuses_our_token(
    reconciling: Reconciling, paying: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.close_all()
    monkeypatch.setenv("PAYOUT_HTTP_TOKEN", "revoked")
    settings.cache_clear()

    assert_nothing(reconciling, "", "--gateway", "--from", reconciling.began)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(verdict=Verdict.UNKNOWN, amount_cents=1, currency="INR"),
        Answer(verdict=Verdict.SETTLED, currency="INR"),
        Answer(verdict=Verdict.SETTLED, amount_cents=1),
        Answer(verdict=Verdict.SETTLED, amount_cents=2**63, currency="INR"),
    ],
)
def test_an_item_of_the_list_says_too_little(answer: Answer) -> None:
    class Listing:
        def payouts_between(self, since: object, until: object) -> list[Answer]:
            return [Answer(verdict=Verdict.SETTLED, amount_cents=1, currency="INR"), answer]

    now = clock.now()

    with pytest.raises(BadList, match="payout 2"):
        list(listed(Listing(), now, now))
