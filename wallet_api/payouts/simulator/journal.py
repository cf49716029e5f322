"""The books on disk: a line of JSON for each change, so that they survive a restart."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from wallet_api import clock
from wallet_api.payouts.simulator.books import Books, Entry, apply
from wallet_api.payouts.simulator.script import Money, Status, Step

_TAKEN = (
    *("reference", "gateway_reference", "protocol", "amount_minor", "currency", "destination"),
    *("fee_minor", "trace", "asked"),
)


class BrokenJournal(Exception):
    """The message names the file and the line."""


class Journal:
    """Appends; a line that was cut off by a crash, the last one, is left out when it is read."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def open(self) -> None:
        """Raises OSError."""
        if self._path is None:
            return
        if self._path.exists():
            whole = self._path.read_bytes()
            self._path.write_bytes(whole[: whole.rfind(b"\n") + 1])
        self._file = self._path.open("a", encoding="utf-8")

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._file = None

    def write(self, entry: Entry, step: Step | None, at: datetime) -> None:
        if self._file is None:
            return
        line = _opening(entry) if step is None else _movement(entry, step, at)
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()

    def restore(self, books: Books) -> None:
        """Open what earlier processes have written. Raises BrokenJournal."""
        for number, line in self._lines():
            try:
                _restore(books, json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
                raise BrokenJournal(f"{self._path}, line {number}: {error!r}") from None

    def _lines(self) -> Iterator[tuple[int, str]]:
        if self._path and self._path.exists():
            with self._path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if line.endswith("\n"):
                        yield number, line


def _opening(entry: Entry) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in _TAKEN},
        "behaviours": list(entry.behaviours),
        "created_at": clock.rfc3339(entry.created_at),
    }


def _movement(entry: Entry, step: Step, at: datetime) -> dict[str, Any]:
    return {
        "of": entry.gateway_reference,
        "status": step.status.value,
        "money": step.moves.name,
        "reason": step.reason,
        "at": clock.rfc3339(at),
    }


def _restore(books: Books, line: dict[str, Any]) -> None:
    if "of" not in line:
        books.restore(
            Entry(
                **{name: line[name] for name in _TAKEN},
                behaviours=tuple(line["behaviours"]),
                created_at=datetime.fromisoformat(line["created_at"]),
            )
        )
        return
    entry = books.by_gateway_reference(line["of"])
    if entry is None:
        raise KeyError(line["of"])
    step = Step(Status(line["status"]), money=Money[line["money"]], reason=line["reason"])
    apply(entry, step, datetime.fromisoformat(line["at"]))
