"""A hostile gateway on a free port, and the service that pays out by the simulator."""

from collections.abc import Iterator
from itertools import count

import pytest
from flask.testing import FlaskClient

from tests.payouts.paying import Paying
from tests.support.payout_simulator import TOKEN, Http, running
from tests.support.people import Person, someone
from wallet_api.config import settings
from wallet_api.payouts.adapters import registry
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway
from wallet_api.payouts.simulator.options import CALLBACK_SECRET


@pytest.fixture
def hostile() -> Iterator[HostileGateway]:
    with HostileGateway() as server:
        yield server


@pytest.fixture(scope="session")
def _simulator() -> Iterator[str]:
    with running("--control", "--delay", "0.2") as address:
        yield address


@pytest.fixture
def paying(
    client: FlaskClient, _simulator: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Paying]:
    """The service pays out by the simulator."""
    monkeypatch.setenv("PAYOUT_GATEWAY", "http")
    monkeypatch.setenv("PAYOUT_HTTP_URL", _simulator)
    monkeypatch.setenv("PAYOUT_HTTP_TOKEN", TOKEN)
    monkeypatch.setenv("PAYOUT_HTTP_CALLBACK_SECRET", CALLBACK_SECRET)
    monkeypatch.setenv("PAYOUT_RETRY_SECONDS", "0.05")
    settings.cache_clear()
    numbers = count(1)

    def person(amount: float) -> Person:
        new = someone(client, f"paid-{next(numbers)}@example.com")
        assert new.deposits(amount).status_code == 200
        return new

    gateway = Http(_simulator)
    yield Paying(gateway, person)
    gateway.connection.close()
    registry.close_all()
