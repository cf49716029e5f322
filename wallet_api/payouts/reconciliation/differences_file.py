"""The differences as a CSV that a spreadsheet opens and runs nothing of."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from wallet_api.payouts.reconciliation.findings import Finding
from wallet_api.payouts.reconciliation.members import NAMES, members_of
from wallet_api.spreadsheets import as_text


def write(path: Path, findings: Iterable[Finding]) -> None:
    """Whole or not at all; what was there is replaced. Amounts are minor units. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(NAMES)
            for finding in findings:
                writer.writerow(map(_cell, members_of(finding).values()))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_text(value) if isinstance(value, str) else value
