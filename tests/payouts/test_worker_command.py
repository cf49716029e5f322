"""A worker of its own pays out what is due, or says at once why it cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests.payouts.paying import Paying
from wallet_api import config
from wallet_api.config import InvalidSettings, settings

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.in_process("a command runs in the test's own process")

NOWHERE = "wallet_api: PAYOUT_GATEWAY=simulated needs PAYOUT_HTTP_URL and PAYOUT_HTTP_TOKEN here"


def worker(app: Flask, *options: str) -> Result:
    return app.test_cli_runner().invoke(args=["worker", *options])


@pytest.fixture
def without_an_address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a shell beside `make run PAYOUT_GATEWAY=simulated`."""
    monkeypatch.setenv("PAYOUT_GATEWAY", "simulated")
    settings.cache_clear()


def test_it_pays_what_is_due_and_says_how_much_it_did(app: Flask, paying: Paying) -> None:
    ada = paying.person(100)
    created = ada.withdraws(30)
    paying.sweep()

    first, second = worker(app, "--once"), worker(app, "--once")

    assert (first.exit_code, first.stdout) == (0, "1 turns of payouts\n")
    assert (second.exit_code, second.stdout) == (0, "0 turns of payouts\n")
    assert paying.paid(created) == [3000]


@pytest.mark.parametrize("options", [(), ("--once",)])
def test_a_simulator_that_is_nowhere_is_no_idle_worker(
    app: Flask, without_an_address: None, options: tuple[str, ...]
) -> None:
    ended = worker(app, *options)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.startswith(NOWHERE)


def test_celery_says_the_same() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import wallet_api.payouts.celery_engine"],
        cwd=ROOT,
        env=os.environ
        | {"PAYOUT_GATEWAY": "simulated", "PAYOUT_BROKER_URL": "redis://127.0.0.1:1/0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(NOWHERE)


def test_without_a_gateway_it_is_there_for_transfers(app: Flask) -> None:
    ended = worker(app, "--once")

    assert (ended.exit_code, ended.stdout) == (0, "0 turns of payouts\n")


def test_a_simulator_with_an_address_needs_its_token(
    app: Flask, without_an_address: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each withdrawal would be answered with 500."""
    monkeypatch.setenv("PAYOUT_HTTP_URL", "http://127.0.0.1:8900")
    settings.cache_clear()

    with pytest.raises(InvalidSettings, match="with a PAYOUT_HTTP_URL needs PAYOUT_HTTP_TOKEN"):
        config.settings()
