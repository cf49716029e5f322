"""Marks that follow from where a test is and what it starts, so that no file can forget its own."""

from collections.abc import Iterable
from pathlib import Path

import pytest


def mark_all_in(folder: Path, items: Iterable[pytest.Item], mark: pytest.MarkDecorator) -> None:
    """Mark the folder's tests: pytest hands a conftest.py those of every folder."""
    for item in items:
        if folder in item.path.parents:
            item.add_marker(mark)


SERVERS = {"Service", "EmbeddedMongo"}


def mark_those_that_start_servers(items: Iterable[pytest.Item]) -> None:
    """Tests of a module that starts the whole service, or a MongoDB of its own, are slow."""
    for item in items:
        if isinstance(item, pytest.Function) and SERVERS & vars(item.module).keys():
            item.add_marker(pytest.mark.slow)
