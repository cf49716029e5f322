"""Rate limits are set while the service runs, and their lack is told in production."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.service import ROOT, Service
from tests.support.reloading import reload, running
from tests.support.requests_by_address import new_address, nothing_to_refresh
from tests.support.start_warnings import warnings_at_start
from wallet_api.embedded_mongo import EmbeddedMongo


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    for name in ("wallet_api", "wsgi.py", "gunicorn.conf.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.fixture
def service(
    installed: Path, mongo: EmbeddedMongo, _no_settings_from_outside: None
) -> Iterator[Service]:
    with running(installed, mongo.uri, "limited_later") as service:
        yield service


def test_limits_come_and_go_by_a_reload(service: Service, installed: Path) -> None:
    env = installed / ".env"
    before = env.read_text()
    address = new_address()
    assert "RateLimit-Limit" not in nothing_to_refresh(service.port, address).headers

    env.write_text(f"{before}RATE_LIMIT_ADDRESS=7/7 days\n")
    reload(service)
    limited = nothing_to_refresh(service.port, address).headers
    env.write_text(before)
    reload(service)

    assert (limited["RateLimit-Limit"], limited["RateLimit-Remaining"]) == ("7", "6")
    assert "RateLimit-Limit" not in nothing_to_refresh(service.port, address).headers


@pytest.mark.usefixtures("_no_settings_from_outside")
def test_production_warns_at_its_start_of_each_limit_that_is_missing(
    mongo: EmbeddedMongo, tmp_path: Path
) -> None:
    warnings = {
        settings: warnings_at_start(
            mongo.uri, tmp_path / f"{number}.log", dict(settings), "no_rate_limit"
        )
        for number, settings in enumerate(
            (
                (),
                (("RATE_LIMIT_USER", "600/minute"),),
                (("RATE_LIMIT_USER", "600/minute"), ("RATE_LIMIT_ADDRESS", "300/minute")),
            )
        )
    }

    none, user, both = warnings.values()
    assert "Not set: RATE_LIMIT_USER, RATE_LIMIT_ADDRESS. " in none[0]
    assert "Not set: RATE_LIMIT_ADDRESS. " in user[0]
    assert both == []
    assert len(none) == len(user) == 1, "by the master alone"
