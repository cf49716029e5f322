"""In production, whoever pays out through a network without encryption is told at the start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support.start_warnings import warnings_at_start
from wallet_api.config import settings
from wallet_api.embedded_mongo import EmbeddedMongo
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.unencrypted import setting_in_the_clear

pytestmark = pytest.mark.in_process("sets the settings of its process")

AWAY = "http://bank-shim.internal:8900"
OF_RAZORPAYX = {"PAYOUT_RAZORPAYX_KEY_ID": "k", "PAYOUT_RAZORPAYX_KEY_SECRET": "s"}
OF_RAZORPAYX |= {"PAYOUT_RAZORPAYX_ACCOUNT_NUMBER": "1"}


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("PAYOUT_HTTP_TOKEN", "t")
    for name, value in OF_RAZORPAYX.items():
        monkeypatch.setenv(name, value)
    yield monkeypatch
    settings.cache_clear()
    registry.close_all()


@pytest.mark.parametrize(
    ("gateway", "name", "url", "is_clear"),
    [
        ("http", "PAYOUT_HTTP_URL", AWAY, True),
        ("http", "PAYOUT_HTTP_URL", "http://10.0.0.7/pay", True),
        ("http", "PAYOUT_HTTP_URL", "http://localhost.example", True),
        ("http", "PAYOUT_HTTP_URL", "https://bank-shim.internal", False),
        ("http", "PAYOUT_HTTP_URL", "http://127.0.0.1:8900", False),
        ("http", "PAYOUT_HTTP_URL", "http://[::1]:8900", False),
        ("http", "PAYOUT_HTTP_URL", "http://localhost:8900", False),
        ("simulated", "PAYOUT_HTTP_URL", AWAY, True),
        ("simulated", "PAYOUT_HTTP_URL", "", False),
        ("none", "PAYOUT_HTTP_URL", AWAY, False),
        ("razorpayx", "PAYOUT_RAZORPAYX_URL", AWAY, True),
        ("razorpayx", "PAYOUT_RAZORPAYX_URL", "https://api.razorpay.com", False),
    ],
)
def test_a_gateway_on_another_machine_is_in_the_clear_by_http(
    chosen: pytest.MonkeyPatch, gateway: str, name: str, url: str, is_clear: bool
) -> None:
    chosen.setenv("PAYOUT_GATEWAY", gateway)
    chosen.setenv(name, url)
    settings.cache_clear()

    assert setting_in_the_clear(settings().payouts) == (name if is_clear else None)


@pytest.mark.parametrize(("stage", "warns"), [("production", True), ("development", False)])
def test_a_worker_says_so_in_production(
    app: Flask,
    chosen: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    stage: str,
    warns: bool,
) -> None:
    for name, value in {
        "APP_ENV": stage,
        "PAYOUT_GATEWAY": "http",
        "PAYOUT_HTTP_URL": AWAY,
    }.items():
        chosen.setenv(name, value)
    settings.cache_clear()

    ended = app.test_cli_runner().invoke(args=["worker", "--once"])

    assert ended.exit_code == 0
    assert ("PAYOUT_HTTP_URL begins with http://" in caplog.text) is warns


@pytest.mark.slow
@pytest.mark.usefixtures("_no_settings_from_outside")
def test_so_does_the_service_once(mongo: EmbeddedMongo, tmp_path: Path) -> None:
    payouts = {"PAYOUT_GATEWAY": "http", "PAYOUT_HTTP_URL": AWAY, "PAYOUT_HTTP_TOKEN": "t0ken"}

    told = warnings_at_start(mongo.uri, tmp_path / "log", payouts, "payouts_unencrypted")

    assert len(told) == 1, "by the master alone"
    assert "PAYOUT_HTTP_URL" in told[0]
    assert "t0ken" not in told[0]
