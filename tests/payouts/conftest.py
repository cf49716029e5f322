"""A hostile gateway on a free port."""

from collections.abc import Iterator

import pytest

from wallet_api.payouts.conformance.hostile_gateway import HostileGateway


@pytest.fixture
def hostile() -> Iterator[HostileGateway]:
    with HostileGateway() as server:
        yield server
