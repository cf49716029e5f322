"""The real brokers, from Debian."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.payouts.engine.fleet import Broker
from tests.support.marks import mark_all_in
from tests.support.rabbitmq import RabbitServer, running_rabbitmq
from tests.support.redis import RedisServer, running_redis


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_all_in(Path(__file__).parent, items, pytest.mark.lengthy)


@pytest.fixture
def rabbitmq(tmp_path: Path) -> Iterator[RabbitServer]:
    with running_rabbitmq(tmp_path / "rabbitmq") as server:
        yield server


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path / "redis") as server:
        yield server


@pytest.fixture(params=["rabbitmq", "redis"])
def broker(request: pytest.FixtureRequest) -> Broker:
    server: Broker = request.getfixturevalue(request.param)
    return server
