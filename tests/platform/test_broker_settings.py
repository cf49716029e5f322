"""A fleet's broker is a setting; without it, nothing of Celery is needed."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from wallet_api import config
from wallet_api.config import InvalidSettings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

WITHOUT_A_BROKER = """
import sys
from wallet_api.app import create_app
from wallet_api.payouts import waking, worker
create_app()
waking.start()
waking.send(None)
waking.stop()
print([name for name in sys.modules if name.partition(".")[0] in ("celery", "kombu")])
"""


def test_celery_is_not_imported_where_no_broker_is_configured(app: Flask) -> None:
    run = [sys.executable, "-c", WITHOUT_A_BROKER]

    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout == "[]\n", done.stderr


def test_what_serves_needs_no_celery() -> None:
    pinned = (ROOT / "requirements.txt").read_text()

    assert not [name for name in ("celery", "kombu", "amqp") if f"\n{name}==" in pinned]


WRONG = ["rabbit", "http://:hunter2@host/", "amqp://", "amqp:///", "redis://:hunter2@host:x/0"]


@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_broker_is_refused_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYOUT_BROKER_URL", url)

    with pytest.raises(InvalidSettings, match="PAYOUT_BROKER_URL must be the URL") as refused:
        config.settings.__wrapped__()

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["amqp", "amqps", "redis", "rediss"])
def test_a_broker_is_rabbitmq_or_redis(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYOUT_BROKER_URL", f"{scheme}://user:hunter2@host.example/")

    chosen = config.settings.__wrapped__()

    assert chosen.payouts.broker_url.startswith(scheme)
    assert "hunter2" not in repr(chosen)


def test_a_broker_without_celery_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYOUT_BROKER_URL", "redis://host.example/")
    for name in [each for each in sys.modules if each.partition(".")[0] == "celery"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Without(sys.meta_path)])

    with pytest.raises(InvalidSettings, match="needs Celery: install requirements-celery"):
        config.settings.__wrapped__()


class _Without:
    """Finds all that the others find, but for Celery."""

    def __init__(self, others: list[Any]) -> None:
        self._others = list(others)

    def find_spec(self, name: str, *arguments: Any) -> Any:
        if name.partition(".")[0] == "celery":
            return None
        for each in self._others:
            with suppress(AttributeError):
                if found := each.find_spec(name, *arguments):
                    return found
        return None
