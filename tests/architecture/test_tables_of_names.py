"""Pages that list names for people list all that the code has, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from wallet_api.documents.kinds import PayoutFailure
from wallet_api.payouts.transitions import PAID_AFTER_REFUND

ROOT = Path(__file__).parents[2]
SNAKE = re.compile(r"[a-z]+(_[a-z]+)*")


def calls(folder: str) -> Iterator[tuple[str, ast.Call]]:
    """The name of what is called, and the call."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield getattr(node.func, "attr", getattr(node.func, "id", "")), node


def text_of(node: ast.expr | None) -> str | None:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else None


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    named = [each.value for each in call.keywords if each.arg == name]
    return named[0] if named else call.args[place] if len(call.args) > place else None


def kinds_of_the_audit() -> set[str]:
    places = {"add": 0, "_add": 0, "Difference": 0, "add_moved": 1}
    found = {
        text_of(argument(call, places[name], "kind"))
        for name, call in calls("wallet_api/audit")
        if name in places
    }
    return {kind for kind in found if kind} | {PAID_AFTER_REFUND, "more"}


def events_of_the_log() -> set[str]:
    found = {
        text_of(argument(call, 0, "name")) for name, call in calls("wallet_api") if name == "event"
    }
    found |= {
        text_of(value)
        for name, call in calls("wallet_api")
        if name == "Change"
        for value in [argument(call, 99, "event")]
    }
    found |= {f"payout_{reason}" for reason in PayoutFailure}
    found |= {"request", "refused", "failed", "payout_needs_review", "payout_not_taken", "overdue"}
    return {event for event in found if event}


def first_column(page: str, after: str) -> set[str]:
    """The names of the first column of the table below a heading, or a row."""
    table = (ROOT / page).read_text().partition(after)[2]
    rows = re.findall(r"^\| (`.*?) \|", table.partition("\n\n## ")[0], re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(.*?)`", row)}


TABLES = {
    "docs/audit.md": (first_column("docs/audit.md", "| kind |"), kinds_of_the_audit()),
    "docs/logs.md": (first_column("docs/logs.md", "| event |"), events_of_the_log()),
}


@pytest.mark.parametrize("page", TABLES)
def test_it_names_all_that_there_is(page: str) -> None:
    told, used = TABLES[page]

    assert all(SNAKE.fullmatch(name) for name in used)
    assert used - told == set()


@pytest.mark.parametrize("page", TABLES)
def test_it_names_nothing_else(page: str) -> None:
    told, used = TABLES[page]

    assert told - used == set()
