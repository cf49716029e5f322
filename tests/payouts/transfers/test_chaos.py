"""Transfers while the processes that do them, and the database, are killed again and again."""

from pathlib import Path

import pytest

from tests.payouts.transfers.chaos import run

pytestmark = pytest.mark.lengthy


def test_no_transfer_is_lost_or_invented(tmp_path: Path) -> None:
    assert run(tmp_path, count=3000, clients=8, seed=3, pause=0.5) == []
