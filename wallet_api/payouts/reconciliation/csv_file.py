"""A gateway's CSV, read strictly: a file with one doubtful cell tells nothing at all."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from wallet_api.payouts.reconciliation import csv_cells
from wallet_api.payouts.reconciliation.csv_cells import BadCell
from wallet_api.payouts.reconciliation.told import BadList, Told

NAMES = ("reference", "gatewayReference", "trace")
"""By which a payout is known: one column of them at least, and in each line one that is filled."""
AMOUNTS = {"amount": csv_cells.major_units, "amountMinor": csv_cells.minor_units}
FEES = {"fee": csv_cells.major_units, "feeMinor": csv_cells.minor_units}
COLUMNS = frozenset((*NAMES, *AMOUNTS, *FEES, "currency", "status", "time"))

LONGEST_LINE = 65_536
"""Bytes."""


class CsvFile:
    """`progress` is called with the bytes that have been read since the last call."""

    def __init__(self, path: Path, progress: Callable[[int], None] = lambda _: None) -> None:
        self._path = path
        self._progress = progress
        self.ignored: tuple[str, ...] = ()
        """The columns that are not known, once the header has been read."""

    def __iter__(self) -> Iterator[Told]:
        """Raises BadList, naming line and column; OSError."""
        with self._path.open("rb") as file:
            reader = csv.reader(self._decoded(file), strict=True)
            try:
                header = next(reader, [])
                columns = self._columns(header)
                empty = 0
                for cells in reader:
                    if not cells:
                        empty = empty or reader.line_num
                        continue
                    if empty:
                        raise BadList(f"{self._path}, line {empty}: is empty, and lines follow")
                    self._check_length(cells, header, reader.line_num)
                    yield self._told(columns, cells, reader.line_num)
            except csv.Error as error:
                raise BadList(f"{self._path}, line {reader.line_num}: {error}") from None

    def _check_length(self, cells: list[str], header: list[str], line: int) -> None:
        if len(cells) != len(header):
            raise BadList(
                f"{self._path}, line {line}: has {len(cells)} cells, and the header {len(header)}"
            )

    def _columns(self, header: list[str]) -> dict[str, int]:
        """Where each known column is. Raises BadList."""
        where = f"{self._path}, line 1"
        if not header:
            raise BadList(f"{where}: there is no header")
        if twice := [name for name in header if header.count(name) > 1]:
            raise BadList(f"{where}: the column {twice[0]!r:.60} is there twice")
        columns = {name: place for place, name in enumerate(header) if name in COLUMNS}
        for name in ("currency", "status", "time"):
            if name not in columns:
                hint = "; cells are separated by commas" if len(header) == 1 else ""
                raise BadList(f"{where}: the column {name} is missing{hint}")
        if len(AMOUNTS.keys() & columns.keys()) != 1:
            raise BadList(f"{where}: there must be one column of {' and '.join(AMOUNTS)}")
        if len(FEES.keys() & columns.keys()) > 1:
            raise BadList(f"{where}: there must be one column at most of {' and '.join(FEES)}")
        if not columns.keys() & set(NAMES):
            raise BadList(f"{where}: there must be a column of {', '.join(NAMES)}")
        self.ignored = tuple(name for name in header if name not in COLUMNS)
        return columns

    def _told(self, columns: dict[str, int], cells: list[str], line: int) -> Told:
        name = ""

        def cell(wanted: str) -> str:
            nonlocal name
            name = wanted
            return cells[columns[wanted]] if wanted in columns else ""

        try:
            currency = csv_cells.currency(cell("currency"))
            amount = next(column for column in AMOUNTS if column in columns)
            fee = next((column for column in FEES if column in columns), "fee")
            told = Told(
                csv_cells.text(cell("reference")),
                csv_cells.text(cell("gatewayReference")),
                csv_cells.text(cell("trace")),
                AMOUNTS[amount](cell(amount), currency),
                currency,
                csv_cells.verdict(cell("status")),
                csv_cells.instant(cell("time")),
                FEES[fee](cell(fee), currency) if cell(fee) else None,
            )
        except BadCell as error:
            raise BadList(f"{self._path}, line {line}, column {name}: {error}") from None
        if told.reference is told.gateway_reference is told.trace is None:
            raise BadList(f"{self._path}, line {line}: {', '.join(NAMES)} are all empty")
        return told

    def _decoded(self, file: BinaryIO) -> Iterator[str]:
        """Line by line, so that what is no text is named by its line, and no line fills memory."""
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            where = f"{self._path}, line {number}"
            if len(line) > LONGEST_LINE:
                raise BadList(f"{where}: is longer than {LONGEST_LINE} bytes")
            if (place := line.find(b"\0")) >= 0:
                raise BadList(f"{where}, byte {place + 1}: is NUL")
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise BadList(f"{where}, byte {error.start + 1}: is not UTF-8") from None
            self._progress(len(line))
            yield text
