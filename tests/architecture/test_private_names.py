"""Tests come in by the doors of the product: they hardly use its private names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LIMIT = 10
"""References in all tests together. What needs another may deserve a public name."""

OF_MONGOENGINE = {"_get_collection", "_get_collection_name"}
"""MongoEngine has no public name for the collection of a document."""


def product_modules() -> dict[str, ast.Module]:
    return parsed(ROOT / "wallet_api")


def modules_of_tests() -> dict[str, ast.Module]:
    """All but this folder's, which speaks about private names."""
    known = parsed(ROOT / "tests")
    return {path: tree for path, tree in known.items() if "architecture" not in path}


def parsed(folder: Path) -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text())
        for path in sorted(folder.rglob("*.py"))
    }


def private_names(tree: ast.Module) -> Iterator[str]:
    """Those that the module gives to its functions, classes, variables and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                given = name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                given = name
            case _:
                continue
        if re.fullmatch(r"_[a-zA-Z]\w*", given):
            yield given


def references(tree: ast.Module, private: set[str]) -> Iterator[tuple[int, str]]:
    """By attribute, by import, and by name in a text, such as `setattr` and programs need."""
    for node in ast.walk(tree):
        names: list[str] = []
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass  # the test's own
            case ast.Attribute(attr=name):
                names = [name]
            case ast.ImportFrom(module=str(module)) if module.startswith("wallet_api"):
                names = [alias.name for alias in node.names]
            case ast.Constant(value=str(text)):
                names = re.findall(r"(?:^|\.)(_[a-zA-Z]\w*)\b", text)
        for name in names:
            if name in private:
                yield getattr(node, "lineno", 0), name


def found() -> list[str]:
    private = {name for tree in product_modules().values() for name in private_names(tree)}
    return [
        f"{path}:{line} {name}"
        for path, tree in modules_of_tests().items()
        for line, name in references(tree, private - OF_MONGOENGINE)
    ]


@pytest.mark.slow
def test_the_tests_use_few_private_names_of_the_product() -> None:
    used = found()

    assert len(used) <= LIMIT, "\n".join(used)


USES = [
    "from wallet_api.movements import post\npost._try(1)",
    "from wallet_api.movements.post import _try",
    "import wallet_api.movements.post as p\nfunction = p._try",
    "monkeypatch.setattr(post, '_try', None)",
    "PROGRAM = 'from wallet_api.movements import post; post._try(1)'",
    "batcher = Batcher(run)\nbatcher._queue.clear()",
]


@pytest.mark.parametrize("use", USES)
def test_a_use_is_seen(monkeypatch: pytest.MonkeyPatch, use: str) -> None:
    of_the_product = "class Batcher:\n    def __init__(self):\n        self._queue = []\n"
    house = {"post.py": ast.parse("def _try(): ..."), "batcher.py": ast.parse(of_the_product)}
    monkeypatch.setitem(globals(), "product_modules", lambda: house)
    monkeypatch.setitem(globals(), "modules_of_tests", lambda: {"test_it.py": ast.parse(use)})

    assert len(found()) == 1


def test_what_is_the_tests_own_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    own = "class Fake:\n    def __init__(self):\n        self._queue = []\n        self._mine = 1\n"
    monkeypatch.setitem(
        globals(), "product_modules", lambda: {"b.py": ast.parse("self._queue = []")}
    )
    monkeypatch.setitem(globals(), "modules_of_tests", lambda: {"test_it.py": ast.parse(own)})

    assert found() == []
