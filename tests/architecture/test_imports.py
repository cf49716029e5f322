"""Imports run down the floors of the house, never up, and the domain knows no HTTP."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "wallet_api"

# The longest name that fits a module says on which floor it is.
FLOORS = {
    "clock": 1,
    "config": 1,
    "errors": 1,
    "money": 1,
    "pages": 1,
    "database": 2,
    "embedded_mongo": 2,
    "web": 2,
    "wallets.documents": 3,
    "wallets.opening": 3,
    "wallets.reading": 3,
    "ledger.documents": 3,
    "ledger.chain": 3,
    "withdrawals.documents": 3,
    "users": 3,
    "auth": 4,
    "movements": 4,
    "auth.routes": 5,
    "audit": 5,
    "health": 5,
    "ledger": 5,
    "wallets": 5,
    "withdrawals": 5,
    "app": 6,
    "cli": 6,
    "serving": 6,
}

HTTP = {"flask", "werkzeug", "flask_jwt_extended", "gunicorn"}
KNOWS_HTTP = ("web", "app", "cli", "serving", "auth", "routes", "statement_formats")


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


def floor(module: str) -> int:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (named := ".".join(parts[:length])) in FLOORS:
            return FLOORS[named]
    raise AssertionError(f"{module} is on no floor")


def module_of(name: str, known: dict[str, ast.Module]) -> str | None:
    """The module that the imported name is, or is in."""
    return name if name in known else (name.rpartition(".")[0] or None)


def test_every_arrow_points_down_or_along_its_floor() -> None:
    known = modules()

    rising = [
        f"{module} (floor {floor(module)}) imports {target} (floor {floor(target)})"
        for module, tree in known.items()
        if module != "__init__"
        for name in imported(tree)
        if (target := module_of(own(name), known)) and floor(target) > floor(module)
    ]

    assert rising == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = modules()
    arrows = {
        module: {t for name in imported(tree) if (t := module_of(own(name), known)) and t != module}
        for module, tree in known.items()
    }
    # A package's __init__ without imports of its own can close no circle.
    while leaves := [module for module, targets in arrows.items() if not targets & arrows.keys()]:
        for module in leaves:
            del arrows[module]

    assert arrows == {}


def test_a_feature_imports_no_routes_but_its_own() -> None:
    known = modules()

    foreign = [
        f"{module} imports {name}"
        for module, tree in known.items()
        if floor_or_zero(module) < 6
        for name in map(own, imported(tree))
        if ".routes" in name and name.split(".")[0] != module.split(".")[0]
    ]

    assert foreign == []


def floor_or_zero(module: str) -> int:
    return 0 if module == "__init__" else floor(module)


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
    test_every_arrow_points_down_or_along_its_floor: (
        {"money": "from wallet_api.web.problems import install", "web.problems": ""},
        r"money \(floor 1\) imports web.problems \(floor 2\)",
    ),
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
