"""A service that has paid by the simulator, and the command that compares both books."""

from pathlib import Path

import pytest
from flask import Flask

from tests.payouts.paying import Paying
from tests.payouts.reconciliation.reconciling import Reconciling


@pytest.fixture
def reconciling(app: Flask, paying: Paying, tmp_path: Path) -> Reconciling:
    return Reconciling(app, paying, tmp_path)
