"""A withdrawal's gateway is found by the name that it carries, whatever is configured now."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wallet_api import config
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.adapters.http import HttpGateway
from wallet_api.payouts.adapters.razorpayx import RazorpayXGateway
from wallet_api.payouts.conformance import acts
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway

ROOT = Path(__file__).parents[2]

HTTP = {"PAYOUT_HTTP_URL": "http://127.0.0.1:9", "PAYOUT_HTTP_TOKEN": "t"}
RAZORPAYX = {
    "PAYOUT_RAZORPAYX_KEY_ID": "k",
    "PAYOUT_RAZORPAYX_KEY_SECRET": "s",
    "PAYOUT_RAZORPAYX_ACCOUNT_NUMBER": "1",
}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    registry.close_all()
    config.settings.cache_clear()
    yield
    registry.close_all()
    monkeypatch.undo()
    config.settings.cache_clear()


def configure(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_a_name_selects_the_adapter_although_another_is_configured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, PAYOUT_GATEWAY="razorpayx", **HTTP, **RAZORPAYX)

    assert isinstance(registry.gateway("http"), HttpGateway)
    assert isinstance(registry.gateway("razorpayx"), RazorpayXGateway)
    assert registry.gateway("http").traits.name == "http"


def test_a_gateway_is_made_once_until_all_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, **HTTP)
    first = registry.gateway("http")

    again = registry.gateway("http")
    registry.close_all()

    assert again is first
    assert registry.gateway("http") is not first


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("http", "needs PAYOUT_HTTP_URL, PAYOUT_HTTP_TOKEN"),
        ("razorpayx", "needs PAYOUT_RAZORPAYX_KEY_ID"),
        ("simulated", "needs PAYOUT_GATEWAY=simulated"),
        ("none", "No gateway is called 'none'"),
        ("swift", "No gateway is called 'swift'"),
    ],
)
def test_a_gateway_without_its_settings_is_told_by_name(name: str, missing: str) -> None:
    with pytest.raises(registry.NotConfigured, match=missing):
        registry.gateway(name)


def test_the_simulator_and_a_real_bank_never_share_their_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, PAYOUT_GATEWAY="simulated", **HTTP)

    assert registry.gateway("simulated").traits.name == "simulated"
    with pytest.raises(registry.NotConfigured, match="simulated"):
        registry.gateway("http")


PROGRAM = """
import os, sys
os.environ.update(PAYOUT_HTTP_URL=sys.argv[1], PAYOUT_HTTP_TOKEN="t")
from datetime import UTC, datetime
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.gateway import Payout
payout = Payout(reference="wd1", amount_cents=1, currency="INR", destination="x",
                created_at=datetime.now(UTC))
print(registry.gateway("http").submit(payout).verdict)
"""


def test_a_process_that_ends_closes_its_connections_without_a_word(
    hostile: HostileGateway, tmp_path: Path
) -> None:
    """aiohttp complains of each that is left open."""
    hostile.plays(acts.says(acts.Response(403, b"")))

    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", PROGRAM, hostile.url],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout) == (0, "not_taken\n")
    assert "Unclosed" not in ended.stderr, ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
