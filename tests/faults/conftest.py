"""Everything in this folder kills, pauses or starves processes."""

from pathlib import Path

import pytest

from tests.support.marks import mark_all_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mark_all_in(Path(__file__).parent, items, pytest.mark.faults)
