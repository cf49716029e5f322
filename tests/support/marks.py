"""Marks for all tests of a folder, so that no file can forget its own."""

from collections.abc import Iterable
from pathlib import Path

import pytest


def mark_all_in(folder: Path, items: Iterable[pytest.Item], mark: pytest.MarkDecorator) -> None:
    """Mark the folder's tests: pytest hands a conftest.py those of every folder."""
    for item in items:
        if folder in item.path.parents:
            item.add_marker(mark)
