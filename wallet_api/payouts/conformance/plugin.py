"""The plugin of pytest: runs the rules against the adapter that the command line names.

pytest -p wallet_api.payouts.conformance --adapter MODULE:FACTORY --double MODULE:DOUBLE
"""

import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from wallet_api.payouts.conformance.double import Double
from wallet_api.payouts.conformance.hostile_gateway import HostileGateway
from wallet_api.payouts.conformance.trial import DEADLINE_SECONDS, Trial

RULES = Path(__file__).parent / "rules"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("payout gateways")
    group.addoption(
        "--adapter",
        metavar="MODULE:FACTORY",
        help="makes the adapter: called with the gateway's URL and a timedelta, its deadline",
    )
    group.addoption(
        "--double", metavar="MODULE:CLASS", help="the Double that speaks the gateway's protocol"
    )


def pytest_configure(config: pytest.Config) -> None:
    if not config.getoption("--adapter"):
        return
    if not config.getoption("--double"):
        raise pytest.UsageError("--adapter needs --double")
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = [str(RULES)]


@pytest.fixture
def trial(pytestconfig: pytest.Config) -> Iterator[Trial]:
    """The adapter, with a hostile gateway behind it."""
    factory = _named(pytestconfig, "--adapter")
    double = _named(pytestconfig, "--double")()
    assert isinstance(double, Double), "--double must name a subclass of Double"
    with HostileGateway() as hostile:
        adapter = factory(hostile.url, timedelta(seconds=DEADLINE_SECONDS))
        try:
            yield Trial(adapter, double, hostile)
        finally:
            adapter.close()


def _named(config: pytest.Config, option: str) -> Any:
    """`module:name`, found from the folder of the command too."""
    module, _, name = str(config.getoption(option)).partition(":")
    if str(config.invocation_params.dir) not in sys.path:
        sys.path.insert(0, str(config.invocation_params.dir))
    return getattr(import_module(module), name)
