"""One simulator for all tests that can share it: a minute and a day pass in a moment there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.marks import mark_all_in
from tests.support.payout_simulator import Http, RazorpayX, a_reference, running

BRIEF = (
    *("--delay", "0.05", "--timeout", "0.2", "--memory", "0.2", "--minute", "0.3"),
    *("--day", "0.15", "--control"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_all_in(Path(__file__).parent, items, pytest.mark.lengthy)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with running(*BRIEF) as address:
        yield address


@pytest.fixture
def http(address: str) -> Http:
    return Http(address)


@pytest.fixture
def razorpayx(address: str) -> RazorpayX:
    return RazorpayX(address)


@pytest.fixture
def reference() -> str:
    return a_reference()
