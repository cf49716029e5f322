"""What the service replaces of gunicorn is there, or the service does not start."""

import ast
import inspect
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import gunicorn
import pytest
from gunicorn.http import wsgi

from wallet_api.server import seams
from wallet_api.server.answering import AnsweringWorker
from wallet_api.server.connection import PunctualConnection
from wallet_api.server.costly import CostlyRequestsWorker
from wallet_api.server.overdue import PromptWorker
from wallet_api.server.parser import PunctualParser, PunctualUnreader
from wallet_api.server.request import StrictRequest
from wallet_api.server.reserved_threads import ReservedThreadsWorker
from wallet_api.server.response import OneSegmentResponse
from wallet_api.server.waiting import WaitingWorker
from wallet_api.server.worker import KeepAliveWorker

ROOT = Path(__file__).parents[2]
OURS = (
    *(PunctualConnection, PunctualParser, PunctualUnreader, StrictRequest, OneSegmentResponse),
    *(AnsweringWorker, KeepAliveWorker, WaitingWorker, ReservedThreadsWorker),
    *(CostlyRequestsWorker, PromptWorker),
)
SEAMS = [(kind, name) for kind, names in seams.REPLACED.items() for name in names]
ASSIGNED_INTO = 1
"""A second one needs a reason as good as that of `settle_environ`."""


def test_this_gunicorn_has_all_of_them() -> None:
    seams.check()


def test_it_is_the_version_that_is_pinned() -> None:
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]

    assert f"gunicorn=={seams.VERSION}" in pinned
    assert gunicorn.__version__ == seams.VERSION


@pytest.mark.parametrize(("kind", "name"), SEAMS, ids=lambda part: getattr(part, "__name__", part))
def test_one_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> None:
    for owner in kind.__mro__:
        if name in vars(owner):
            monkeypatch.delattr(owner, name)

    with pytest.raises(seams.SeamGone, match=rf"lacks .*{kind.__name__}\.{name}\b"):
        seams.check()


def test_a_function_that_is_gone_or_takes_no_response_class_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(wsgi, "base_environ")
    monkeypatch.setattr(wsgi, "create", lambda req, sock, client, server, cfg: None)

    with pytest.raises(seams.SeamGone, match=r"wsgi\.base_environ, wsgi\.create\(response_class\)"):
        seams.check()


@pytest.mark.parametrize("ours", OURS, ids=lambda ours: ours.__name__)
def test_whatever_overrides_gunicorns_is_in_the_list(ours: type) -> None:
    listed = {
        name for kind, names in seams.REPLACED.items() if issubclass(ours, kind) for name in names
    }

    overriding = {
        name
        for base in gunicorns(ours)
        for name in vars(ours).keys() & vars(base).keys()
        if not name.endswith("__") and (callable(vars(base)[name]) or name == "mesg_class")
    }

    assert overriding - {"__init__"} <= listed


@pytest.mark.parametrize("ours", OURS, ids=lambda ours: ours.__name__)
def test_it_is_called_as_gunicorn_calls_its_own(ours: type) -> None:
    for base in gunicorns(ours):
        for name in vars(ours).keys() & vars(base).keys() - {"__init__", "mesg_class"}:
            if inspect.isfunction(vars(base)[name]):
                assert parameters(vars(ours)[name]) == parameters(vars(base)[name]), name


def gunicorns(ours: type) -> Iterator[type]:
    return (base for base in ours.__mro__ if base.__module__.startswith("gunicorn."))


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_nothing_else_is_assigned_into_gunicorn() -> None:
    found = [
        f"{path.name}:{target.lineno} {ast.unparse(target)}"
        for path in sorted((ROOT / "wallet_api").rglob("*.py"))
        for target in assigned_into_gunicorn(ast.parse(path.read_text()))
    ]

    assert len(found) <= ASSIGNED_INTO, found


def test_an_assignment_into_gunicorn_is_found() -> None:
    source = (
        "import gunicorn.util\n"
        "from gunicorn.http import wsgi\n"
        "from gunicorn.workers import gthread\n"
        "gunicorn.util.write = wsgi.Response = 1\ngthread.TIMEOUT: int = 2\n"
        "setattr(wsgi, 'SERVER', 3)\nmine.write = 4\n"
    )

    found = [ast.unparse(target) for target in assigned_into_gunicorn(ast.parse(source))]

    assert found == ["gunicorn.util.write", "wsgi.Response", "gthread.TIMEOUT", "wsgi"]


def assigned_into_gunicorn(tree: ast.Module) -> Iterator[ast.expr]:
    names = set(names_of_gunicorn(tree))
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = [target for target in node.targets if isinstance(target, ast.Attribute)]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            targets = [node.target] if isinstance(node.target, ast.Attribute) else []
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "setattr":
            targets = node.args[:1]
        yield from (t for t in targets if ast.unparse(t).split(".")[0] in names)


def names_of_gunicorn(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                each.asname or each.name.split(".")[0]
                for each in node.names
                if each.name.split(".")[0] == "gunicorn"
            )
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gunicorn":
            yield from (each.asname or each.name for each in node.names)


def test_without_one_the_service_says_so_in_one_line_and_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from gunicorn.workers.gthread import TConn\ndel TConn.close\n"
    )

    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "MONGO_URI": "mongodb://127.0.0.1:1/x"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 1
    assert (ended.stdout + ended.stderr).strip() == (
        f"wallet_api: gunicorn {gunicorn.__version__} lacks TConn.close: "
        f"install gunicorn=={seams.VERSION}, as requirements.txt says."
    )
