"""A port that a test is given is given to no other before its server listens there."""

import subprocess
import sys

import pytest

from tests.faults import servers
from tests.faults.service import ROOT

FEW = range(26_900, 27_000)
FROM_ONE = """
from tests.faults import servers
servers.PORTS = range({port}, {port} + 1)
servers.free_port()
"""


def test_no_port_is_given_twice_before_anybody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "PORTS", FEW)

    given = [servers.free_port() for _ in range(len(FEW) // 2)]

    assert len(set(given)) == len(given)


def test_a_run_beside_this_one_is_not_given_its_port() -> None:
    port = servers.free_port()

    beside = subprocess.run(
        [sys.executable, "-c", FROM_ONE.format(port=port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert beside.stderr.endswith("RuntimeError: no free port\n")


def test_old_promises_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "PROMISED", 3)
    monkeypatch.setattr(servers, "PORTS", FEW)

    given = [servers.free_port() for _ in range(2 * len(FEW))]

    assert len(set(given)) < len(given)
