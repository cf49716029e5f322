"""The page about reconciliation names every kind, every note and every column."""

import re
from pathlib import Path

from wallet_api.payouts.reconciliation.csv_file import COLUMNS
from wallet_api.payouts.reconciliation.findings import Kind, Note

PAGE = (Path(__file__).parents[3] / "docs/reconciliation.md").read_text()


def first_cells(section: str) -> set[str]:
    """Of the section's table."""
    rows = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0].splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_kind_is_told() -> None:
    assert first_cells("What is found") == set(Kind)


def test_every_note_is_told() -> None:
    assert first_cells("Which withdrawals, and the edges") == set(Note)


def test_every_column_is_told() -> None:
    assert first_cells("The file") == set(COLUMNS)
