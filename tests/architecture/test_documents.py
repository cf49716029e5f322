"""The documents for people name nothing that the repository lacks."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "wallet_api"

ABOUT_THE_CODE = ("docs/architecture.md", "docs/glossary.md", "docs/money.md")

GENERATED = ("results/", "build/", ".data/")
"""What a command makes is not in the tree."""

MONGODB = {"findAndModify"}
"""Words of the database that the code need not use."""


def documents() -> dict[str, str]:
    """Every document, by its path, with its text."""
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted(paths)}


def read(path: str) -> str:
    return (ROOT / path).read_text()


def code_spans(text: str) -> Iterator[str]:
    """What stands in backticks, outside of fenced blocks."""
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def code_lines(text: str) -> Iterator[str]:
    """Those of fenced and of indented blocks."""
    for block in re.findall(r"```.*?\n(.*?)```", text, flags=re.DOTALL):
        yield from block.splitlines()
    yield from re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)


def links(text: str) -> Iterator[str]:
    """The relative ones, without their anchors."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target and not target.startswith(("#", "/", "mailto:")):
            yield target.partition("#")[0]


def is_path(span: str) -> bool:
    """wallet_api/web/problems.py, movements/, docs/money.md; not a route, nor a pattern."""
    return bool(re.fullmatch(r"\.?[\w-][\w./-]*/[\w.-]*", span)) and not span.startswith(GENERATED)


def exists(path: str) -> bool:
    return any((base / path).exists() for base in (ROOT, PACKAGE))


def tree_of(text: str) -> set[str]:
    """The paths of the first fenced block, each level indented by two more spaces."""
    block = re.search(r"```\n(.*?)```", text, flags=re.DOTALL)
    assert block is not None
    paths: set[str] = set()
    above: list[str] = []
    for line in block[1].splitlines():
        names = re.match(r" *((?:[\w.]+(?:/|\.py) ?)+)", line)
        if names is None:
            continue  # an explanation goes on
        depth = (len(line) - len(line.lstrip())) // 2
        above = above[:depth]
        paths.update("".join(above) + name for name in names[1].split())
        above.append(names[1].split()[0])
    return paths


def test_every_link_leads_to_a_file() -> None:
    lost = [
        f"{document} -> {target}"
        for document, text in documents().items()
        for target in links(text)
        if not (ROOT / document).parent.joinpath(target).exists()
    ]

    assert lost == []


def test_every_path_that_is_named_exists() -> None:
    missing = [
        f"{document} names {span}"
        for document, text in documents().items()
        for span in code_spans(text)
        if is_path(span) and not exists(span)
    ]

    assert missing == []


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE))

    missing = [
        f"{document} names make {target}"
        for document, text in documents().items()
        for command in (*code_spans(text), *code_lines(text))
        for target in re.findall(r"^make ([a-z][\w-]*)", command)
        if target not in targets
    ]

    assert missing == []


def test_every_identifier_that_is_named_is_in_the_code() -> None:
    """A renamed function is renamed in the documents that explain it."""
    code = "\n".join(path.read_text() for path in sorted(PACKAGE.rglob("*.py")))
    known = set(re.findall(r"\w+", code)) | {path.stem for path in PACKAGE.rglob("*")}

    unknown = [
        f"{document} names {span}"
        for document, text in documents().items()
        if document in ABOUT_THE_CODE
        for span in code_spans(text)
        if re.fullmatch(r"[A-Za-z_][\w.]*(?:\(\))?(?:\[\])?", span)
        and not set(re.findall(r"\w+", span)) <= known | MONGODB | {"py", "md"}
    ]

    assert unknown == []


def test_the_tree_of_the_architecture_is_the_tree() -> None:
    """Every folder of the package is there, and every file that is named exists."""
    named = tree_of(documents()["docs/architecture.md"])
    folders = {f"{path.parent.relative_to(ROOT)}/" for path in PACKAGE.rglob("__init__.py")}

    assert sorted(folders ^ {path for path in named if path.endswith("/")}) == []
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_terms_of_the_glossary_are_in_order_and_told_once() -> None:
    terms = re.findall(r"^\*\*(.+?)\*\*", documents()["docs/glossary.md"], re.MULTILINE)

    assert terms
    assert terms == sorted(set(terms), key=str.casefold)


def test_the_folders_of_the_tests_are_told_to_contributors() -> None:
    told = set(re.findall(r"^\| `(tests/\w+/)`", documents()["CONTRIBUTING.md"], re.MULTILINE))
    folders = {f"tests/{path.parent.name}/" for path in (ROOT / "tests").glob("*/__init__.py")}

    assert sorted(folders ^ told ^ {"tests/support/"}) == []


def test_a_commit_is_checked_as_make_lint_checks() -> None:
    hooks = re.findall(r"^ +entry: (.*)$", read(".pre-commit-config.yaml"), re.MULTILINE)
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE)
    assert recipe is not None

    checks = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]

    assert hooks == checks


def test_the_workflow_runs_what_every_change_must_pass() -> None:
    commands = re.findall(r"^ +(?:- )?run: (.*)$", read(".github/workflows/ci.yml"), re.MULTILINE)

    assert commands == [".ci/run"]


BROKEN = {
    test_every_link_leads_to_a_file: ({"README.md": "[x](docs/mony.md)"}, "README.md -> docs/mony"),
    test_every_path_that_is_named_exists: (
        {"docs/money.md": "see `movements/together.py`"},
        "docs/money.md names movements/together.py",
    ),
    test_every_target_of_make_that_is_named_exists: (
        {"README.md": "run `make tests`"},
        "README.md names make tests",
    ),
    test_every_identifier_that_is_named_is_in_the_code: (
        {"docs/money.md": "the `Sighting` of a wallet"},
        "docs/money.md names Sighting",
    ),
    test_the_tree_of_the_architecture_is_the_tree: (
        {"docs/architecture.md": "```\nwallet_api/\n  web/  HTTP\n```"},
        "wallet_api/audit/",
    ),
    test_the_terms_of_the_glossary_are_in_order_and_told_once: (
        {"docs/glossary.md": "**relay**: x\n\n**outbox**: y\n"},
        "outbox",
    ),
    test_the_folders_of_the_tests_are_told_to_contributors: (
        {"CONTRIBUTING.md": "| `tests/money/` | x |"},
        "tests/architecture/",
    ),
}


@pytest.mark.parametrize("check", BROKEN, ids=lambda check: check.__name__)
def test_a_wrong_document_is_told(
    monkeypatch: pytest.MonkeyPatch, check: Callable[[], None]
) -> None:
    texts, told = BROKEN[check]
    monkeypatch.setitem(globals(), "documents", lambda: texts)

    with pytest.raises(AssertionError, match=told):
        check()
