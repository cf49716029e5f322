"""The command as an operator runs it, and the statements that the simulator gives."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.payouts.paying import Paying
from tests.support.payout_simulator import eventually
from wallet_api import clock

Row = dict[str, str]


@dataclass(frozen=True)
class Ended:
    code: int
    output: str
    errors: str

    @property
    def report(self) -> dict[str, Any]:
        if self.code not in (0, 1):
            raise RuntimeError(self.errors)
        report: dict[str, Any] = json.loads(self.output)
        return report

    @property
    def kinds(self) -> list[str]:
        return [difference["kind"] for difference in self.report["differences"]]

    @property
    def only(self) -> dict[str, Any]:
        """The one difference."""
        differences = self.report["differences"]
        assert len(differences) == 1, differences
        return differences[0]


class Reconciling:
    def __init__(self, app: Flask, paying: Paying, folder: Path) -> None:
        self.paying = paying
        self.began = clock.rfc3339(clock.now())
        self._app, self._folder = app, folder

    def run(self, *arguments: str | Path) -> Ended:
        """As JSON."""
        return self.told(*arguments, "--json")

    def told(self, *arguments: str | Path) -> Ended:
        ended = self._app.test_cli_runner().invoke(args=["reconcile", *map(str, arguments)])
        return Ended(ended.exit_code, ended.stdout, ended.stderr)

    def rows(self, *created: TestResponse) -> list[Row]:
        """Of the simulator's statement: those about these withdrawals, in their order."""
        wanted = [self.paying.reference(each) for each in created]
        answer = self.paying.gateway.ask("GET", "/_books", Accept="text/csv")
        rows = csv.DictReader(io.StringIO(answer.body.decode()))
        ours = [row for row in rows if row["reference"] in wanted]
        return sorted(ours, key=lambda row: wanted.index(row["reference"]))

    def file(self, rows: Iterable[Row], name: str = "statement.csv") -> Path:
        rows = list(rows)
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return self.text(text.getvalue(), name)

    def text(self, text: str | bytes, name: str = "statement.csv") -> Path:
        path = self._folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def statement(self, *created: TestResponse) -> Path:
        return self.file(self.rows(*created))

    def until(self, created: TestResponse, status: str) -> None:
        """Until the gateway has come so far with the payout; nobody tells the service."""
        reference = self.paying.reference(created)

        def has_come() -> bool:
            entries = self.paying.gateway.entries(reference)
            return any(entry["status"] == status for entry in entries)

        eventually(has_come)
