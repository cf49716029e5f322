"""No two folders import each other, and the domain knows no HTTP."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "wallet_api"

HTTP = {"flask", "werkzeug", "flask_jwt_extended", "gunicorn"}
KNOWS_HTTP = ("web", "openapi", "server", "app", "cli", "auth", "routes", "statement_formats")
WIRING = ("app", "cli", "server")


@cache
def modules() -> dict[str, ast.Module]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text()
        )
        for path in ROOT.rglob("*.py")
    }


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(name: str) -> str:
    """wallet_api.users.service.register -> users.service.register"""
    return name.removeprefix("wallet_api.") if name.startswith("wallet_api.") else ""


def module_of(name: str, known: dict[str, ast.Module]) -> str | None:
    """The module that the imported name is, or is in."""
    return name if name in known else (name.rpartition(".")[0] or None)


def rooms(known: dict[str, ast.Module]) -> Iterator[tuple[str, dict[str, set[str]]]]:
    """Each folder, with what its files and folders import of each other."""
    inside: dict[str, dict[str, set[str]]] = {}
    for module, tree in known.items():
        for target in {module_of(own(name), known) for name in imported(tree)} - {None, module}:
            folder = common_folder(module, target)
            here, there = (name.removeprefix(folder).split(".")[0] for name in (module, target))
            if here != there:
                inside.setdefault(folder, {}).setdefault(here, set()).add(there)
    yield from inside.items()


def common_folder(one: str, other: str) -> str:
    """movements.relay.copy, movements.wallets -> movements."""
    shared = []
    for mine, theirs in zip(one.split(".")[:-1], other.split(".")[:-1], strict=False):
        if mine != theirs:
            break
        shared.append(mine + ".")
    return "".join(shared)


def in_circles(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left once all that imports nothing of the rest is taken away, again and again."""
    arrows = {room: set(targets) for room, targets in arrows.items()}
    while leaves := [room for room, targets in arrows.items() if not targets & arrows.keys()]:
        for room in leaves:
            del arrows[room]
    return arrows


def floors() -> dict[str, int]:
    """Which floor each folder and file is on, by docs/architecture.md: 0 is the highest."""
    page = (ROOT.parent / "docs/architecture.md").read_text()
    rows = page.partition("## The floors")[2].partition("\n## ")[0].splitlines()
    who = [row.split("|")[2] for row in rows if row.startswith("| ") and "`" in row]
    return {
        name: floor
        for floor, names in enumerate(who)
        for name in re.findall(r"`(\w+)(?:\.py|/)`", names)
    }


def test_every_folder_and_file_has_a_floor() -> None:
    assert {module.split(".")[0] for module in modules()} - {"__init__"} == floors().keys()


def test_imports_run_down_the_floors() -> None:
    known, floor = modules(), floors()

    climbing = [
        f"{module} imports {target}"
        for module, tree in known.items()
        for target in {module_of(own(name), known) for name in imported(tree)} - {None}
        if floor.get(target.split(".")[0], 99) < floor.get(module.split(".")[0], -1)
    ]

    assert climbing == []


def test_no_two_folders_import_each_other() -> None:
    """Nor do three in a row: in every folder, its files and folders have an order."""
    circles = {
        folder: found for folder, arrows in rooms(modules()) if (found := in_circles(arrows))
    }

    assert circles == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = modules()
    arrows = {
        module: {t for name in imported(tree) if (t := module_of(own(name), known)) and t != module}
        for module, tree in known.items()
    }

    assert in_circles(arrows) == {}


def test_a_feature_imports_no_routes_but_its_own() -> None:
    known = modules()

    foreign = [
        f"{module} imports {name}"
        for module, tree in known.items()
        if module.split(".")[0] not in WIRING
        for name in map(own, imported(tree))
        if ".routes" in name and name.split(".")[0] != module.split(".")[0]
    ]

    assert foreign == []


def test_the_domain_knows_no_http() -> None:
    knowing = [
        f"{module} imports {name}"
        for module, tree in modules().items()
        if not set(module.split(".")) & set(KNOWS_HTTP)
        for name in imported(tree)
        if name.split(".")[0] in HTTP or own(name).split(".")[0] == "web"
    ]

    # A schema is how a feature speaks HTTP's language, and knows its fields.
    assert [arrow for arrow in knowing if ".schemas imports wallet_api.web" not in arrow] == []


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.stem)
def test_a_file_says_why_it_exists(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))

    assert docstring is not None
    assert docstring.split("\n\n")[0].rstrip().endswith((".", "?"))


def test_imports_are_written_out() -> None:
    """A relative one would not be seen above."""
    relative = [
        f"{module}: from {'.' * node.level}{node.module or ''}"
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert relative == []


BROKEN = {
    test_no_two_folders_import_each_other: (
        {
            "ledger.history": "from wallet_api.movements.post import post",
            "movements.post": "",
            "movements.relay.copy": "from wallet_api.ledger import chain",
            "ledger.chain": "",
        },
        "ledger",
    ),
    test_imports_run_down_the_floors: (
        {"movements.post": "from wallet_api.wallets import service", "wallets.service": ""},
        "movements.post imports wallets.service",
    ),
    test_every_folder_and_file_has_a_floor: ({"payments.service": ""}, "payments"),
    test_no_modules_import_each_other_in_a_circle: (
        {
            "money": "from wallet_api.clock import now",
            "clock": "def now():\n    from wallet_api import money",
        },
        "money",
    ),
    test_a_feature_imports_no_routes_but_its_own: (
        {"wallets.service": "from wallet_api.withdrawals import routes"},
        "wallets.service imports withdrawals.routes",
    ),
    test_the_domain_knows_no_http: (
        {"movements.commit": "from flask import g"},
        "movements.commit imports flask.g",
    ),
    test_imports_are_written_out: ({"money": "from .clock import now"}, "money: from .clock"),
}


@pytest.mark.parametrize("check", BROKEN, ids=lambda check: check.__name__)
def test_a_broken_rule_is_told_by_its_arrow(
    monkeypatch: pytest.MonkeyPatch, check: Callable[[], None]
) -> None:
    sources, told = BROKEN[check]
    house = {name: ast.parse(source) for name, source in sources.items()}
    monkeypatch.setitem(globals(), "modules", lambda: house)

    with pytest.raises(AssertionError, match=told):
        check()
